import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Producer } from '../../../src/producer/producer.ts';
import { MemoryDisk, MemorySpool } from '../../support/memory-spool.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import { noLeader } from '../../../src/model/partition.ts';
import { propertyRuns } from '../../support/property-runs.ts';
import { FakeBroker } from '../../support/fake-broker.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { answers, key, leaderless, outage, size, sizes, wait } from './arbitraries.ts';
import { defaults, numbered, numberOf } from './harness.ts';

const push = fc.record({
  key,
  size,
  wait,
  /** No broker takes it. */
  bad: fc.constantFrom(false, false, false, false, true),
});

/** A process: what is pushed to it, what is away meanwhile, and how it ends. */
const life = fc.record({
  pushes: fc.array(push, { minLength: 1, maxLength: 40 }),
  answers,
  outage,
  /** The dead-letter topic's leader is away. */
  deadAway: outage,
  deadMissing: outage,
  leaderless,
  end: fc.constantFrom<'kill' | 'close'>('kill', 'close'),
});

type Life = typeof life extends fc.Arbitrary<infer Value> ? Value : never;

const never = { from: 0, length: 0 } as const;
/** The last one delivers what is left. */
const quiet: Life = {
  pushes: [],
  answers: [],
  outage: never,
  deadAway: never,
  deadMissing: never,
  leaderless: { partition: 0, until: 0 },
  end: 'close',
};

const scenario = fc.record({
  lives: fc.array(life, { minLength: 1, maxLength: 4 }),
  partitions: fc.integer({ min: 1, max: 3 }),
  always: fc.boolean(),
  deadLetters: fc.boolean(),
  idempotent: fc.boolean(),
  ...sizes,
});

const away = new KafkaError('BROKER_UNREACHABLE', 'scripted');
const missing = new KafkaError('TOPIC_MISSING', 'scripted', { topic: 'dead' });
const tooLarge = new KafkaError('RECORD_TOO_LARGE', 'scripted');

interface Stored {
  readonly topic: string;
  readonly partition: number;
  readonly key: string | null;
  readonly sequence: number;
  readonly life: number;
}

/** A cluster that stores what it says it does, and an idempotent producer's batch once, if it comes again unchanged. */
function cluster(
  number: number,
  life: Life,
  { partitions, idempotent }: { readonly partitions: number; readonly idempotent: boolean },
  bad: ReadonlySet<number>,
  log: Stored[],
) {
  const clock = new FakeClock();
  const process = { dead: false };
  const within = ({ from, length }: Life['outage']) => clock.now() >= from && clock.now() < from + length;
  const isAway = (topic: string) => within(life.outage) || (topic === 'dead' && within(life.deadAway));
  const isMissing = (topic: string) => topic === 'dead' && within(life.deadMissing);

  const metadataError = (topic: string) => (isAway(topic) ? away : isMissing(topic) ? missing : undefined);
  const leaders = (topic: string) =>
    Array.from({ length: topic === 'dead' ? 1 : partitions }, (_, index) => {
      const { partition, until } = life.leaderless;
      return topic === 'events' && index === partition && clock.now() < until ? noLeader : index % 2;
    });
  const broker = new FakeBroker({
    clock,
    answers: life.answers,
    idempotent,
    leaders,
    metadataError,
    refuse: ({ topic }) => {
      if (isAway(topic)) return { kind: 'unreachable', error: away };
      return isMissing(topic)
        ? { kind: 'retriable', error: missing, refresh: true, mayHaveBeenWritten: false }
        : undefined;
    },
    tooLarge: ({ topic, records }) =>
      topic === 'events' && records.some((record) => bad.has(numberOf(record))) ? tooLarge : undefined,
    store: ({ topic, partition, records }) => {
      if (process.dead) return;
      for (const record of records) {
        const key = record.key && String(record.key);
        log.push({ topic, partition, key, sequence: numberOf(record), life: number });
      }
    },
  });
  return { clock, process, broker };
}

describe('a producer with a spool, where brokers refuse some records for good', () => {
  it('loses none of the others, tells each push once, stores each once if idempotent, and keeps their order', async () => {
    await fc.assert(
      fc.asyncProperty(
        scenario,
        async ({ lives, partitions, always, deadLetters, idempotent, diskLatency, ...settings }) => {
          const disk = new MemoryDisk();
          const log: Stored[] = [];
          const acknowledged = new Set<number>();
          const bad = new Set<number>();
          let sequence = 0;

          for (const [number, life] of [...lives, quiet].entries()) {
            const { clock, process, broker } = cluster(number, life, { partitions, idempotent }, bad, log);
            const synced = (task: () => void) => clock.after(diskLatency, () => process.dead || task());
            const file = new MemorySpool({ disk, maxBytes: 1_000_000, synced });
            const deadLetterTopic = deadLetters ? 'dead' : undefined;
            const producer = new Producer(
              broker,
              { ...defaults, ...settings, deadLetterTopic, spool: { file, always } },
              { clock, notify: () => {}, random: () => 0.5, date: () => new Date(0) },
            );
            const rejected: number[] = [];
            const fates: { sequence: number; times: number; pushedAt: number; at: number }[] = [];
            for (const { key, size, wait, bad: isBad } of life.pushes) {
              const fate = { sequence: sequence++, times: 0, pushedAt: clock.now(), at: 0 };
              fates.push(fate);
              if (isBad) bad.add(fate.sequence);
              const tell = (stored: boolean) => {
                if (process.dead) return;
                fate.times++;
                fate.at = clock.now();
                if (stored) acknowledged.add(fate.sequence);
                else rejected.push(fate.sequence);
              };
              producer.send(numbered(fate.sequence, key, size)).then(
                () => tell(true),
                () => tell(false),
              );
              await clock.advance(wait);
            }
            const goodRejected = () => rejected.filter((sequence) => !bad.has(sequence));
            assert.deepEqual(goodRejected(), []);
            if (life.end === 'kill') {
              process.dead = true;
              continue;
            }
            if (life === quiet) await clock.advance(120_000);
            await Promise.all([producer.close(3_700), clock.advance(40_000)]);
            await file.close();
            assert.deepEqual(goodRejected(), []);
            for (const { sequence, times, pushedAt, at } of fates) {
              assert.equal(times, 1, `push ${sequence} is told once`);
              // One that is refused at its deadline has as much again for its dead letter.
              const limit = bad.has(sequence) ? 16_200 : 8_100;
              assert.ok(at - pushedAt <= limit, `push ${sequence} took ${at - pushedAt} ms`);
            }
            assert.equal(clock.pending, 0, 'no timer is left');
            if (life === quiet) assert.deepEqual(producer.waiting, { records: 0, bytes: 0 });
          }

          const inTopic = (topic: string) =>
            new Set(log.filter((stored) => stored.topic === topic).map(({ sequence }) => sequence));
          const [stored, lettered] = [inTopic('events'), inTopic('dead')];
          const kept = [...disk.rows.values()];
          const refused = new Set(kept.map(({ record }) => numberOf(record)));
          for (const sequence of acknowledged)
            assert.ok(
              [stored, lettered, refused].some((place) => place.has(sequence)),
              `${sequence} is lost`,
            );
          for (const sequence of [...lettered, ...refused])
            assert.ok(bad.has(sequence), `${sequence} was refused`);
          if (deadLetters) assert.equal(kept.length, 0, 'the spool is empty in the end');
          else assert.ok(kept.every(({ refused }) => refused !== undefined));

          const newest = new Map<string, number>();
          const seen = new Set<number>();
          const ofLife = new Set<string>();
          for (const { topic, partition, key, sequence, life } of log) {
            if (topic !== 'events') continue;
            if (idempotent) assert.ok(!ofLife.has(`${life} ${sequence}`), `${sequence} was stored twice`);
            ofLife.add(`${life} ${sequence}`);
            if (seen.has(sequence)) continue;
            seen.add(sequence);
            if (key === null) continue;
            const before = newest.get(`${partition} ${key}`) ?? -1;
            assert.ok(sequence > before, `key ${key}: ${sequence} came after ${before}`);
            newest.set(`${partition} ${key}`, sequence);
          }
        },
      ),
      { numRuns: propertyRuns },
    );
  });
});
