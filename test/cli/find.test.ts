import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { freePorts } from '../../scripts/kafka/ports.ts';
import { alterTopic, createTopic, deleteTopic } from '../../scripts/kafka/topics.ts';
import { registryMissing, startRegistry, type RunningRegistry } from '../../scripts/registry/launch.ts';
import { freshName, freshTopic, sharedBroker } from '../support/broker.ts';
import { event, runFlow } from '../support/flow.ts';
import { upTo } from '../support/load.ts';
import { tempFolder } from '../support/temp.ts';
import { flowFile, run } from './support/run.ts';

const folder = tempFolder();
const timestamp = Date.parse('2026-11-23T08:00:00.123Z');
const since = ['--since', '2026-11-23T08:00:00Z'];

const ids = {
  stored: 'a1f0c2a9d4b7e8f3',
  deadLetter: 'b1f0c2a9d4b7e8f3',
  resent: 'c1f0c2a9d4b7e8f3',
  spooled: 'd1f0c2a9d4b7e8f3',
  refused: 'e1f0c2a9d4b7e8f3',
  nowhere: 'f1f0c2a9d4b7e8f3',
};

/** Only what a line has room for. */
const sent = (id: string, data: object = {}, user = 'us3r') =>
  event({ id, data: data as never, user: { id: user }, timestamp });
const small = { data: { map: { id: 'id', data: 'data' } } };
const large = { text: 'x'.repeat(3_000) };

/** One event in each state that there is. */
async function scene() {
  const { brokers } = await sharedBroker();
  const [topic, dead] = [await freshTopic('narrow', { partitions: 3 }), await freshTopic('narrow-dead')];
  await alterTopic(brokers, topic, { 'max.message.bytes': '2000' });
  const kafka = { brokers, topic, key: 'user.id', compression: 'none' } as const;
  const spool = join(folder, `${topic}.spool`);
  const refusing = join(folder, `${topic}-refusing.spool`);
  const path = flowFile(folder, { settings: { kafka, deadLetter: { topic: dead }, spool: { path: spool } } });
  const config = small;

  const flow = await runFlow({ kafka, deadLetter: { topic: dead } }, config);
  await flow.push(sent(ids.stored, { n: 1 }));
  await flow.push(sent(ids.deadLetter, large));
  await flow.push(sent(ids.resent, large, 'other'));
  await flow.stop();
  const other = await runFlow({ kafka, spool: { path: refusing, mode: 'always' } }, config);
  await other.push(sent(ids.refused, large));
  await other.stop();
  await alterTopic(brokers, topic, { 'max.message.bytes': '1000000' });
  assert.equal((await run(['dead-letters', 'resend', path, '--key', 'other'])).code, 0);

  const [nobody = 0] = await freePorts(1);
  const away = { ...kafka, brokers: [`127.0.0.1:${nobody}`] };
  const held = await runFlow({ kafka: away, spool: { path: spool, mode: 'always' } }, config);
  await held.push(sent('0000000000000000', { n: 0 }));
  await held.push(sent(ids.spooled, { n: 4 }));
  const names: readonly (readonly [ours: string | RegExp, theirs: string])[] = [
    [spool, 'kafka.spool'],
    [refusing, 'refusing.spool'],
    [dead, 'events-dead'],
    [topic, 'events'],
    [/since 20(?!26-11-23T08)\S+/, 'since <time>'],
    [/(events-dead 0\/\d {2})\S+/, '$1<time>'],
    ['x'.repeat(3_000), 'xxx'],
  ];
  const plain = (text: string) =>
    names.reduce((told, [ours, theirs]) => told.replaceAll(new RegExp(ours, 'g'), theirs), text);
  return {
    topic,
    dead,
    brokers,
    path,
    held,
    away: flowFile(folder, { settings: { kafka: away, spool: { path: spool } } }),
    refusing: flowFile(folder, { settings: { kafka, spool: { path: refusing } } }),
    find: async (id: string, ...words: string[]) => {
      const { code, lines, notes } = await run(['find', id, '--flow', path, ...since, ...words]);
      return { code, lines: lines.map(plain), notes };
    },
    plain,
  };
}

const searched = [
  'searched: kafka.spool, 2 records',
  'searched: events-dead, 1 partition, 2 records from its first record on',
  'searched: events, 3 partitions, 2 records from its first record on',
];
const why = (bytes: number) =>
  '    refused by "events" after 1 attempt: MESSAGE_TOO_LARGE: Topic "events": the broker answered MESSAGE_TOO_LARGE. ' +
  `Send smaller events, or raise the topic's max.message.bytes. This record has ${bytes} bytes before compression.`;

describe('find', () => {
  it('tells of an event in each state where it is, and what was searched', async () => {
    const { topic, dead, brokers, path, away, refusing, held, find, plain } = await scene();
    assert.deepEqual(await find(ids.stored), {
      code: 0,
      lines: [
        'stored  events 1/0  2026-11-23T08:00:00.123Z  key us3r  {"id":"a1f0c2a9d4b7e8f3","data":{"n":1}}',
        ...searched,
      ],
      notes: [],
    });
    assert.deepEqual((await find(ids.deadLetter)).lines, [
      'dead letter  events-dead 0/0  <time>  key us3r  {"id":"b1f0c2a9d4b7e8f3","data":{"text":"xxx"}}',
      why(3_104),
      '    not re-sent: "dead-letters resend" sends it, once the cause is mended',
      ...searched,
    ]);
    assert.deepEqual((await find(ids.resent)).lines, [
      'stored  events 1/1  2026-11-23T08:00:00.123Z  key other  {"id":"c1f0c2a9d4b7e8f3","data":{"text":"xxx"}}',
      'dead letter  events-dead 0/1  <time>  key other  {"id":"c1f0c2a9d4b7e8f3","data":{"text":"xxx"}}',
      why(3_105),
      '    re-sent to "events": 1/1',
      ...searched,
    ]);
    const inSpool =
      'in the spool  for "events"  since <time>  key us3r  {"id":"d1f0c2a9d4b7e8f3","data":{"n":4}}';
    assert.deepEqual(await find(ids.spooled), {
      code: 0,
      lines: [inSpool, '    waits in kafka.spool for 1 older record of its partition', ...searched],
      notes: [],
    });
    await held.stop();
    assert.deepEqual((await find(ids.spooled)).lines, [
      inSpool,
      '    waits in kafka.spool for a flow: none has the spool open. Start it, or run "walkeros-kafka spool drain"',
      ...searched,
    ]);
    const unreached = await run(['find', ids.spooled, '--flow', away]);
    assert.deepEqual([unreached.code, plain(unreached.lines[0] ?? '')], [0, inSpool]);
    assert.match(
      unreached.lines[1] ?? '',
      /kafka\.spool|\.spool for the cluster: Cannot reach Kafka at 127\.0\.0\.1:\d+: /,
    );
    const nothing = await run(['find', ids.nowhere, '--flow', away]);
    assert.equal(nothing.code, 1, 'the topics were not searched');
    assert.match(
      nothing.lines.at(-1) ?? '',
      new RegExp(`^not searched: topic "${topic}": Cannot reach Kafka at `),
    );

    const refused = await run(['find', ids.refused, '--flow', refusing, ...since]);
    assert.deepEqual(
      [refused.code, ...refused.lines.map(plain)],
      [
        0,
        'refused  for "events"  since <time>  key us3r  {"id":"e1f0c2a9d4b7e8f3","data":{"text":"xxx"}}',
        '    stays in refusing.spool: Topic "events": the broker answered MESSAGE_TOO_LARGE. ' +
          "Send smaller events, or raise the topic's max.message.bytes. This record has 3104 bytes before compression.",
        'searched: refusing.spool, 1 record',
        searched[2],
      ],
    );
    const notSeen =
      'not seen: it may be older, wait in the memory of a flow, or have been refused where nothing keeps such records';
    assert.deepEqual(await find(ids.nowhere), { code: 3, lines: [notSeen, ...searched], notes: [] });
    assert.deepEqual((await find(ids.nowhere, '--key', 'us3r')).lines, [
      notSeen,
      ...searched.slice(0, 2),
      'searched: events, partition 1 of 3, 2 records from its first record on',
    ]);
    assert.equal((await run(['find', ids.stored, '--flow', path, '--topic', dead, ...since])).code, 3);

    const told = JSON.parse((await find(ids.resent, '--json')).lines.join('')) as Record<string, unknown>;
    const { deadLetters, ...others } = told as { deadLetters: { refused: object }[] };
    const { time, message, ...reason } = deadLetters[0]?.refused as Record<string, unknown>;
    assert.match(`${String(time)} ${String(message)}`, /^20\S+Z Topic "events": /);
    assert.deepEqual(reason, { topic: 'events', code: 'MESSAGE_TOO_LARGE', attempts: 1, resent: true });
    assert.deepEqual(others, {
      id: ids.resent,
      since: '2026-11-23T08:00:00.000Z',
      found: true,
      stopped: false,
      more: false,
      stored: [
        {
          topic: 'events',
          partition: 1,
          offset: 1,
          timestamp,
          key: 'other',
          headers: [['content-type', 'application/json']],
          format: 'json',
          value: { id: ids.resent, data: { text: 'xxx' } },
          at: 'id',
        },
      ],
      spooled: [],
      searched: [
        { where: 'kafka.spool', records: 2, whole: true },
        { where: 'events-dead', records: 2, partitions: { read: [0], all: 1 }, whole: true },
        { where: 'events', records: 2, partitions: { read: [0, 1, 2], all: 3 }, whole: true },
      ],
      notSearched: [],
    });

    // It said "and not seen there" of a topic that it had not looked into, or not where the record is.
    const resent = async (...words: string[]) => {
      const { lines } = await run(['find', ids.resent, '--flow', path, ...words]);
      return lines.map(plain).find((line) => line.startsWith('    re-sent'));
    };
    const elsewhere = [
      [...since, '--topic', dead],
      [...since, '--until', '2026-11-23T08:00:00.100Z'],
      ['--since', '2026-11-23T08:00:01Z'],
      [...since, '--limit', '1'],
    ];
    for (const words of elsewhere)
      assert.equal(
        await resent(...words),
        '    re-sent to "events"; not all of that was searched',
        words.join(' '),
      );
    await deleteTopic(brokers, topic);
    await createTopic(brokers, topic, { partitions: 3 });
    assert.equal(await resent(...since), '    re-sent to "events", and not seen there');
  });

  /** Where such a topic had the event, the answer was the exit code 3. */
  it('does not answer "not seen" for the topics of a prefix, unless they are named', async () => {
    const { brokers } = await sharedBroker();
    const topic = await freshTopic('declared');
    const choice = { value: 'data.to', topics: [topic], prefix: 'orders-' };
    const path = flowFile(folder, { settings: { kafka: { brokers, topic: choice } } });
    const { code, lines } = await run(['find', ids.nowhere, '--flow', path]);
    assert.deepEqual(
      [code, lines.at(-1)],
      [
        1,
        'not searched: topics that begin with "orders-": their names are not known: name them with --topic',
      ],
    );
    assert.equal((await run(['find', ids.nowhere, '--flow', path, '--topic', topic])).code, 3);
  });

  it('finds an id wherever a record has it as a whole, all records of a key, and between two times', async () => {
    const { brokers } = await sharedBroker();
    const topic = await freshTopic('found', { partitions: 3 });
    const path = flowFile(folder, { settings: { kafka: { brokers, topic } } });
    const id = 'a1f0c2a9d4b7e8f3';
    const kafka = { brokers, topic, key: 'user.id' };
    const flow = await runFlow({ kafka });
    for (const [index, one] of [
      event({ id }),
      event({ id: 'b', data: { parent: id } }),
      event({ id: 'c', data: { text: `no ${id}` } }),
      event({ id: `${id}0` }),
    ].entries())
      await flow.push({ ...one, timestamp: timestamp + index * 1_000, data: one.data });
    await flow.stop();
    const cloud = await runFlow(
      { kafka, value: { format: 'cloudevents' } },
      { data: { map: { data: 'data' } } },
    );
    await cloud.push(event({ id, timestamp: timestamp + 60_000 }));
    await cloud.stop();

    const found = async (...words: string[]) => {
      const { code, lines } = await run(['find', ...words, '--flow', path, '--json']);
      const { stored, more } = JSON.parse(lines.join('')) as {
        stored: { offset: number; at: string }[];
        more: boolean;
      };
      return [code, stored.map(({ offset, at }) => `${offset} ${at}`), ...(more ? ['more'] : [])];
    };
    assert.deepEqual(await found(id, ...since), [0, ['0 id', '1 data.parent', '4 header ce_id']]);
    assert.deepEqual(await found(id, ...since, '--until', '2026-11-23T08:00:01Z'), [0, ['0 id']]);
    assert.deepEqual(await found('--key', 'us3r', ...since, '--limit', '2'), [0, ['0 key', '1 key'], 'more']);
    assert.deepEqual(await found('--key', 'nobody', ...since), [3, []]);
    // By default it goes back a day.
    assert.deepEqual(await found(id), [3, []]);
    const { lines } = await run(['find', id, '--flow', path, ...since]);
    assert.match(lines[1] ?? '', / key us3r {2}\(data\.parent\) {2}\{/);
    assert.match(lines[2] ?? '', / key us3r {2}\(header ce_id\) {2}\{/);

    const stopped = await run(['find', id, '--flow', path, ...since], { stop: AbortSignal.abort() });
    assert.deepEqual(
      [stopped.code, stopped.lines],
      [1, ['stopped: not seen so far', `not searched: topic "${topic}": stopped`]],
    );
    const missing = flowFile(folder, { settings: { kafka: { brokers, topic: freshName('missing') } } });
    const { code, lines: told } = await run(['find', id, '--flow', missing]);
    assert.equal(code, 1);
    assert.match(told[1] ?? '', /^not searched: topic "missing-\w+": .*does not exist/);
  });

  /** What was found by then stood there as the whole answer, and the topic as searched. */
  it('ends with Ctrl-C in the middle of a topic, and says how far it came', async () => {
    const { brokers } = await sharedBroker();
    const [topic, other] = [await freshTopic('stopped'), await freshTopic('stopped-other')];
    const settings = { kafka: { brokers, topic, compression: 'none' } } as const;
    const mapping = { order: { complete: { settings: { topic: other } } } };
    const path = flowFile(folder, { settings, mapping });
    const flow = await runFlow(settings, { mapping });
    await flow.push(event({ id: ids.stored }));
    const text = 'x'.repeat(10_000);
    await Promise.all(upTo(500).map(() => flow.push(event({ id: 'other', data: { text } }))));
    await flow.stop();

    const stopped = async (id: string, ...words: string[]) => {
      const stop = new AbortController();
      const onProgress = (): void => stop.abort();
      const asked = ['find', id, '--flow', path, '--since', '2023-11-01', '--topic', topic, '--topic', other];
      const { code, lines } = await run([...asked, ...words], { stop: stop.signal, onProgress });
      return [code, ...lines.map((line) => line.replaceAll(topic, 'events').replaceAll(other, 'orders'))];
    };
    const [code, stored, ...rest] = await stopped(ids.stored);
    assert.equal(code, 0);
    assert.match(String(stored), /^stored {2}events 0\/0 {2}/);
    const far =
      /^searched: events, 1 partition, (\d+) records from its first record on, stopped before the end$/;
    const [said, searched = '', ...others] = rest.map(String);
    assert.equal(said, 'stopped: there may be more');
    assert.ok(Number(far.exec(searched)?.[1]) < 501, searched);
    assert.deepEqual(others, ['not searched: topic "orders": stopped']);

    const [none, unseen, ...whereNot] = await stopped(ids.nowhere);
    assert.deepEqual([none, unseen], [1, 'stopped: not seen so far']);
    assert.match(String(whereNot[0]), far);
    const [, json] = await stopped(ids.stored, '--json');
    const told = JSON.parse(String(json)) as { found: boolean; stopped: boolean; searched: object[] };
    assert.deepEqual(
      [told.found, told.stopped, told.searched.map((one) => 'stopped' in one && one.stopped)],
      [true, true, [true]],
    );
  });
});

const withoutRegistry = await registryMissing();

describe('find decodes what a flow writes with a schema', { skip: withoutRegistry ?? false }, () => {
  let registry: RunningRegistry;
  before(async () => {
    registry = await startRegistry();
  });
  after(() => registry.stop());

  for (const format of ['avro', 'protobuf'] as const)
    it(`in the topic, the dead letters and the spool: ${format}`, async () => {
      const { brokers } = await sharedBroker();
      const [topic, dead] = [await freshTopic(format), await freshTopic(`${format}-dead`)];
      await alterTopic(brokers, topic, { 'max.message.bytes': '2000' });
      const spool = { path: join(folder, `${topic}.spool`), mode: 'always' } as const;
      const value = { format, registry: { url: registry.url }, autoRegister: true } as const;
      const kafka = { brokers, topic, compression: 'none' } as const;
      const settings = { kafka, value, deadLetter: { topic: dead } };
      const path = flowFile(folder, { settings: { ...settings, spool } });

      const flow = await runFlow(settings);
      await flow.push(sent(ids.stored, { n: 1 }));
      await flow.push(sent('other', { parent: ids.stored }));
      await flow.push(sent(ids.deadLetter, large));
      await flow.stop();
      const [nobody = 0] = await freePorts(1);
      const held = await runFlow({
        ...settings,
        kafka: { ...kafka, brokers: [`127.0.0.1:${nobody}`] },
        spool,
      });
      await held.push(sent(ids.spooled, { n: 4 }));
      await held.stop();

      interface Found {
        readonly at: string;
        readonly format: string;
        readonly value: { readonly id: string; readonly timestamp: number };
      }
      const find = async (id: string, list: 'stored' | 'deadLetters' | 'spooled') => {
        const { code, lines, notes } = await run(['find', id, '--flow', path, ...since, '--json']);
        assert.deepEqual([code, notes], [0, []]);
        const found = (JSON.parse(lines.join('')) as Record<typeof list, Found[]>)[list];
        for (const one of found) {
          assert.match(one.format, format === 'avro' ? /^avro \d+$/ : /^protobuf \d+ Event$/);
          assert.equal(one.value.timestamp, timestamp);
        }
        return found.map(({ at, value }) => [at, value.id]);
      };
      assert.deepEqual(await find(ids.stored, 'stored'), [
        ['id', ids.stored],
        ['data.parent', 'other'],
      ]);
      assert.deepEqual(await find(ids.deadLetter, 'deadLetters'), [['id', ids.deadLetter]]);
      assert.deepEqual(await find(ids.spooled, 'spooled'), [['id', ids.spooled]]);
      const { lines } = await run(['find', ids.stored, '--flow', path, ...since]);
      assert.match(
        lines[0] ?? '',
        /^stored {2}\S+ 0\/0 {2}\S+ {2}key page_view {2}(avro|protobuf) \d+( Event)? \{"name":"page view",/,
      );
    });
});
