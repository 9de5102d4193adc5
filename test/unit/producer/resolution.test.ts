import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Producer } from '../../../src/producer/producer.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import { unknownTopic, type KafkaRecord } from '../../../src/model/record.ts';
import { FakeBroker } from '../../support/fake-broker.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { propertyRuns } from '../../support/property-runs.ts';
import { answers } from './arbitraries.ts';
import { defaults, errorOf, record, setUp, watch } from './harness.ts';
import { start } from './spool-harness.ts';

const failed = new KafkaError('MAPPING_FAILED', 'scripted');

/** A record whose key takes mapping values, until `settle` gives it or fails it. */
function unresolved(value: string, key = 'k') {
  const { promise, resolve, reject } = Promise.withResolvers<KafkaRecord>();
  const content: KafkaRecord = { ...record(value, { key: 'not known' }), resolve: () => promise };
  return { content, give: () => resolve(record(value, { key })), fail: () => reject(failed) };
}

const scenario = fc.record({
  pushes: fc.array(
    fc.record({
      key: fc.constantFrom('a', 'b', 'c', null),
      topic: fc.constantFrom('events', 'orders'),
      /** The topic comes from mapping values too. */
      chosen: fc.boolean(),
      /** `plain`: its key is known at once. A number: its mapping values take so many milliseconds. */
      mapped: fc.oneof(
        { weight: 3, arbitrary: fc.constant('plain' as const) },
        { weight: 6, arbitrary: fc.integer({ min: 0, max: 1_500 }) },
        { weight: 1, arbitrary: fc.constantFrom('throws' as const, 'never' as const) },
      ),
      wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 300 })),
      together: fc.boolean(),
    }),
    { minLength: 1, maxLength: 60 },
  ),
  answers,
  partitions: fc.integer({ min: 1, max: 4 }),
});

describe('records whose key comes from mapping values', () => {
  it('keep the order of their key, whatever resolves first; what fails or never resolves fails alone', async () => {
    let overtaken = 0;
    await fc.assert(
      fc.asyncProperty(scenario, async ({ pushes, answers, partitions }) => {
        const clock = new FakeClock();
        const logs = new Map<string, { key: string; sequence: number }[]>();
        const broker: FakeBroker = new FakeBroker({
          clock,
          answers,
          leaders: () => Array.from({ length: partitions }, (_, partition) => partition % 2),
          store: ({ topic, partition, records }) => {
            const log = logs.get(`${topic}-${partition}`) ?? [];
            logs.set(`${topic}-${partition}`, log);
            for (const { key, value } of records)
              log.push({ key: String(key), sequence: Number(String(value)) });
          },
        });
        const producer = new Producer(broker, defaults, {
          ...{ clock, notify: () => {}, random: () => 0.5, date: () => new Date(0) },
        });
        let lastResolved = -1;
        const contentOf = (sequence: number): KafkaRecord => {
          const push = pushes[sequence];
          assert.ok(push);
          const { key, topic, chosen, mapped } = push;
          const value = {
            ...record(String(sequence), { topic }),
            key: key === null ? null : Buffer.from(key),
          };
          if (mapped === 'plain') return value;
          const resolve = (): Promise<KafkaRecord> => {
            if (mapped === 'throws') return Promise.reject(failed);
            return new Promise((resolve) => {
              if (mapped !== 'never')
                clock.after(mapped, () => {
                  if (sequence < lastResolved) overtaken++;
                  lastResolved = Math.max(sequence, lastResolved);
                  resolve(value);
                });
            });
          };
          return { ...value, key: null, topic: chosen ? unknownTopic : topic, resolve };
        };

        const codes: (string | undefined)[][] = pushes.map(() => []);
        const settle = (sequence: number, error: unknown): void =>
          void codes[sequence]?.push(error instanceof KafkaError ? error.code : undefined);
        for (let sequence = 0; sequence < pushes.length; sequence++) {
          if (pushes[sequence]?.together === true && sequence + 1 < pushes.length) {
            const [one, other] = [sequence, ++sequence];
            void producer.sendAll([contentOf(one), contentOf(other)]).then(([first, second]) => {
              settle(one, first);
              settle(other, second);
            });
          } else {
            const own = sequence;
            producer.send(contentOf(own)).then(
              () => settle(own, undefined),
              (error: unknown) => settle(own, error),
            );
          }
          await clock.advance(pushes[sequence]?.wait ?? 0);
        }
        await clock.advance(9_000);
        codes.forEach((told, sequence) => {
          assert.equal(told.length, 1, `push ${sequence} settles once, by its deadline`);
          const fails = pushes[sequence]?.mapped === 'throws' || pushes[sequence]?.mapped === 'never';
          assert.equal(told[0] === 'MAPPING_FAILED', fails, `push ${sequence}: ${told[0]}`);
        });
        let stored = 0;
        for (const log of logs.values()) {
          const newest = new Map<string, number>();
          const seen = new Set<number>();
          for (const { key, sequence } of log) {
            if (seen.has(sequence)) continue;
            seen.add(sequence);
            stored++;
            if (key === 'null') continue;
            const before = newest.get(key) ?? -1;
            assert.ok(sequence > before, `key ${key}: ${sequence} came after ${before}`);
            newest.set(key, sequence);
          }
        }
        const toldStored = codes.filter(([code]) => code === undefined).length;
        assert.ok(stored >= toldStored, `${stored} stored, ${toldStored} told so`);
        assert.deepEqual(producer.waiting, { records: 0, bytes: 0 });
        const closed = producer.close(100);
        await clock.advance(1_000);
        await closed;
      }),
      { numRuns: propertyRuns },
    );
    assert.ok(overtaken > 100, `${overtaken} resolved before an older one`);
  });

  /** One slow `fn` of a rule held up every event of the flow, those of other topics and those without a key, too. */
  it('hold up neither those of another topic nor those without a key', async () => {
    const { producer, clock } = setUp({}, { topics: { events: 1, orders: 1 } });
    const never = unresolved('1');
    const fates = watch([
      producer.send(never.content),
      producer.send(record('2', { topic: 'orders' })),
      producer.send({ ...record('3'), key: null }),
      producer.send(record('4')),
    ]);
    await clock.advance(10);
    assert.deepEqual(fates, ['pending', 'stored', 'stored', 'pending']);
    never.give();
    await clock.advance(10);
    assert.deepEqual(fates, ['stored', 'stored', 'stored', 'stored']);
  });

  it('hold up every topic while their own is not known, and no longer', async () => {
    const { producer, clock, cluster } = setUp({}, { topics: { events: 1, orders: 1 } });
    const first = unresolved('1');
    const chosen = unresolved('2');
    const slow = unresolved('4');
    const fates = watch([
      producer.send(first.content),
      producer.send({ ...chosen.content, topic: unknownTopic }),
      producer.send(record('3', { topic: 'orders' })),
      producer.send(slow.content),
      producer.send(record('5', { topic: 'orders' })),
    ]);
    chosen.give();
    await clock.advance(10);
    assert.deepEqual(fates, ['pending', 'pending', 'pending', 'pending', 'pending']);
    first.give();
    await clock.advance(10);
    assert.deepEqual(fates, ['stored', 'stored', 'stored', 'pending', 'stored']);
    slow.give();
    await clock.advance(10);
    const valuesOf = (topic: string) => cluster.records(topic).map(({ value }) => String(value));
    assert.deepEqual(
      [valuesOf('events'), valuesOf('orders')],
      [
        ['1', '2', '4'],
        ['3', '5'],
      ],
    );
  });

  it('are passed by none of their topic that has a key and needs no mapping value', async () => {
    const { producer, clock, cluster } = setUp();
    const first = unresolved('1');
    const pushes = watch([producer.send(first.content), producer.send(record('2'))]);
    await clock.advance(500);
    assert.deepEqual(pushes, ['pending', 'pending']);
    first.give();
    await clock.advance(10);
    assert.deepEqual(pushes, ['stored', 'stored']);
    assert.deepEqual(
      cluster.records('events').map(({ value }) => String(value)),
      ['1', '2'],
    );
  });

  it('fail after a quarter of deliveryTimeout, and hold up the others no longer', async () => {
    const { producer, clock } = setUp({ deliveryTimeout: 8_000 });
    const never = unresolved('1');
    const push = producer.send(never.content);
    const fates = watch([push, producer.send(record('2'))]);
    await clock.advance(1_900);
    assert.deepEqual(fates, ['pending', 'pending']);
    await clock.advance(200);
    assert.deepEqual(fates, ['MAPPING_FAILED', 'stored']);
    assert.equal(
      (await errorOf(push)).message,
      'Kafka topic "events": the mapping values of key, headers and topic gave nothing within 2000 ms, a quarter of ' +
        'deliveryTimeout; the record was not written. Make them faster, and send the event again.',
    );
    never.give();
    await clock.advance(100);
    assert.deepEqual(producer.waiting, { records: 0, bytes: 0 });
  });

  it('go to the dead letters as far as they are known', async () => {
    const { producer, clock, cluster } = setUp(
      { deadLetterTopic: 'dead' },
      { topics: { events: 1, dead: 1 } },
    );
    const one = unresolved('1');
    const fates = watch([producer.send(one.content)]);
    one.fail();
    await clock.advance(100);
    assert.deepEqual(fates, ['stored']);
    const [letter] = cluster.records('dead');
    assert.equal(String(letter?.value), '1');
    assert.equal(letter?.headers['walkeros-dead-letter-code'], 'MAPPING_FAILED');
  });

  it('take no more memory than bufferMemory while they wait', async () => {
    const { producer, clock } = setUp({ bufferMemory: 100, batchSize: 50 });
    const waiting = Array.from({ length: 4 }, (_, index) => unresolved(String(index)));
    const fates = watch(waiting.map(({ content }) => producer.send(content)));
    await clock.advance(0);
    assert.deepEqual(fates, ['pending', 'pending', 'BUFFER_FULL', 'BUFFER_FULL']);
    for (const { give } of waiting) give();
    await clock.advance(100);
    assert.deepEqual(fates, ['stored', 'stored', 'BUFFER_FULL', 'BUFFER_FULL']);
  });

  it('are waited for by close, and told where it takes too long', async () => {
    const { producer, clock } = setUp();
    const soon = unresolved('1');
    const never = unresolved('2');
    const fates = watch([producer.send(soon.content), producer.send(never.content)]);
    const closed = producer.close(500);
    await clock.advance(100);
    soon.give();
    await clock.advance(500);
    assert.equal(await closed, 1);
    assert.deepEqual(fates, ['stored', 'DESTINATION_CLOSED']);
    never.give();
    await clock.advance(100);
  });

  // Written with no key, for a topic that is none, it was told as safe: nobody would ever have sent it.
  it('do not go to the disk when the destination closes', async () => {
    const { producer, clock, disk } = start();
    const never = unresolved('1');
    const fates = watch([producer.send(never.content), producer.send(record('2'))]);
    const closed = producer.close(500);
    await clock.advance(1_100);
    assert.equal(await closed, 2);
    assert.deepEqual(fates, ['DESTINATION_CLOSED', 'DESTINATION_CLOSED']);
    assert.equal(disk.rows.size, 0);
  });
});
