import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { recordCounts } from '../../scripts/kafka/topics.ts';
import type { Settings } from '../../src/types.ts';
import { freshTopic, sharedBroker } from '../support/broker.ts';
import { eventually } from '../support/eventually.ts';
import { event, runFlow, type TestFlow } from '../support/flow.ts';
import { failureOf, upTo } from '../support/load.ts';
import { readBack, type StoredRecord } from '../support/reader.ts';
import { scriptedServer, type Asked, type Reply, type ScriptedServer } from '../support/scripted-http.ts';

const found: Reply = { body: { id: 7, version: 1 } };
const schema = { type: 'record', name: 'View', fields: [{ name: 'timestamp', type: 'long' }] };
const numbered = (n: number) => event({ timestamp: 1_700_000_000_000 + n });
/** The frame, and the number of the event in the one field there is. */
const framed = (n: number): string => `0000000007${varint(1_700_000_000_000n + BigInt(n))}`;
const varint = (value: bigint): string => {
  const bytes: number[] = [];
  let rest = value * 2n;
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]).toString('hex');
};
const hexOf = ({ value }: StoredRecord): string | undefined => value?.toString('hex');

/** Each reason once. */
const failuresOf = (results: Parameters<typeof failureOf>[0][]): string[] => [
  ...new Set(results.flatMap((result) => failureOf(result) ?? [])),
];

type Mapping = NonNullable<NonNullable<Parameters<typeof runFlow>[1]>['mapping']>;

async function start(
  t: TestContext,
  answer: (asked: Asked, count: number) => Reply,
  own: {
    value?: Settings['value'];
    mapping?: Mapping;
    dead?: string;
    topic?: string;
    deliveryTimeout?: number;
  } = {},
): Promise<{ topic: string; flow: TestFlow; registry: ScriptedServer }> {
  const registry = await scriptedServer(answer);
  t.after(() => registry.close());
  const { brokers } = await sharedBroker();
  const topic = own.topic ?? (await freshTopic('faults'));
  const flow = await runFlow(
    {
      kafka: { brokers, topic, key: 'user.id', deliveryTimeout: own.deliveryTimeout ?? 9_000 },
      value: { format: 'avro', registry: { url: registry.url, timeout: 1_000 }, schema, ...own.value },
      ...(own.dead !== undefined && { deadLetter: { topic: own.dead } }),
    },
    { ...(own.mapping && { mapping: own.mapping }) },
  );
  t.after(() => flow.stop());
  return { topic, flow, registry };
}

const read = async (topic: string, count: number): Promise<StoredRecord[]> =>
  readBack((await sharedBroker()).brokers, topic, { count });

const faults: Record<string, Reply> = {
  'cuts the connection': { cut: true },
  'is silent': { delay: Infinity },
  'answers 500': { status: 500, body: { error_code: 50001, message: 'Error in the backend' } },
  'answers 429': { status: 429 },
  'answers nothing': { body: '' },
  'answers with a page': { body: '<!doctype html><p>Sign in', headers: { 'content-type': 'text/html' } },
};

describe('a registry with faults at run time', { concurrency: 6 }, () => {
  it('recovers, whatever it had: nothing is lost, and the order holds', async (t) => {
    const topic = await freshTopic('faults');
    const pushed = Object.entries(faults).map(async ([id, fault]) => {
      let healed = false;
      const { flow, registry } = await start(t, () => (healed ? found : fault), { topic });
      const pushes = upTo(50).map((n) => flow.push({ ...numbered(n), user: { id } }));
      await eventually('it was asked', () => registry.asked.length > 0);
      healed = true;
      assert.deepEqual(failuresOf(await Promise.all(pushes)), [], id);
    });
    await Promise.all(pushed);
    const stored = Map.groupBy(await read(topic, 300), ({ key }) => String(key));
    for (const what in faults) assert.deepEqual(stored.get(what)?.map(hexOf), upTo(50).map(framed), what);
  });

  for (const [what, fault] of Object.entries(faults)) {
    it(`${what} for good: pushes reject at their deadline, each told why, and other values go on`, async (t) => {
      const other = await freshTopic('json');
      const mapping = {
        order: { complete: { settings: { topic: other, value: { format: 'json' as const } } } },
      };
      const { topic, flow, registry } = await start(t, () => fault, { mapping, deliveryTimeout: 2_000 });
      const begin = Date.now();
      const pushes = upTo(50).map((n) => flow.push(numbered(n)));
      const json = await flow.push(event({ name: 'order complete', entity: 'order', action: 'complete' }));
      assert.equal(failureOf(json), undefined);
      const failures = (await Promise.all(pushes)).map(failureOf);
      const took = Date.now() - begin;
      for (const failure of failures) {
        assert.match(
          failure ?? 'none',
          /: not acknowledged within deliveryTimeout \(2000 ms\); the record was not written\. Last failure: The Schema Registry at http/,
        );
      }
      assert.ok(took >= 2_000 && took < 7_000, String(took));
      assert.ok(registry.asked.length < 15, `asked ${registry.asked.length} times`);
      assert.deepEqual(await read(topic, 0), []);
    });
  }
});

describe('a schema that is known', () => {
  it('costs two requests for a thousand events (its rules, itself), and outlives the registry', async (t) => {
    const { topic, flow, registry } = await start(t, (_, count) => (count <= 2 ? found : { cut: true }));
    for (let round = 0; round < 10; round++) {
      const results = await Promise.all(upTo(100).map((n) => flow.push(numbered(round * 100 + n))));
      assert.deepEqual(failuresOf(results), []);
    }
    assert.equal(registry.asked.length, 2);
    assert.deepEqual((await read(topic, 1_000)).map(hexOf), upTo(1_000).map(framed));
  });

  it('of the latest version is asked for in the background, and outlives the registry', async (t) => {
    const latest = { body: { id: 7, version: 1, schema: JSON.stringify(schema), schemaType: 'AVRO' } };
    const value = { schema: undefined, useLatestVersion: true, latestCacheTtl: 100 };
    const { topic, flow, registry } = await start(t, (_, count) => (count === 1 ? latest : { status: 503 }), {
      value,
    });
    let pushed = 0;
    await eventually('it was asked three times', async () => {
      assert.equal(failureOf(await flow.push(numbered(pushed++))), undefined);
      return registry.asked.length > 2;
    });
    assert.deepEqual(
      [...new Set(registry.asked.map(({ path }) => path))],
      [`/subjects/${topic}-value/versions/latest`],
    );
    assert.deepEqual((await read(topic, pushed)).map(hexOf), upTo(pushed).map(framed));
    assert.ok(
      flow.log.some((line) => line.includes('stays in use')),
      flow.log.join('\n'),
    );
  });
});

it('events of one key keep their order, though only some of them wait for a schema', async (t) => {
  let healed = false;
  const mapping = { order: { complete: { settings: { value: { format: 'json' as const } } } } };
  const { topic, flow, registry } = await start(t, () => (healed ? found : { status: 503 }), { mapping });
  const order = { name: 'order complete', entity: 'order', action: 'complete' };
  const pushes = upTo(20).map((n) => flow.push(n % 2 === 0 ? numbered(n) : { ...numbered(n), ...order }));
  await eventually('it was asked', () => registry.asked.length > 0);
  healed = true;
  assert.deepEqual(failuresOf(await Promise.all(pushes)), []);
  const stored = await read(topic, 20);
  assert.deepEqual(
    stored.map((record) =>
      hexOf(record)?.startsWith('00') ? hexOf(record) : record.timestamp - 1_700_000_000_000,
    ),
    upTo(20).map((n) => (n % 2 === 0 ? framed(n) : n)),
  );
});

describe('an event that does not fit its schema', () => {
  const strange = event({ timestamp: 5.5, data: { title: 'Grüße' } });

  it('is rejected alone, with path and reason', async (t) => {
    const { topic, flow } = await start(t, () => found);
    const results = await Promise.all([flow.push(numbered(0)), flow.push(strange), flow.push(numbered(1))]);
    const [, failure, ...others] = results.map(failureOf);
    assert.match(
      failure ?? 'none',
      /^Kafka topic "faults-.*": event "page view" does not fit the schema of subject "faults-.*-value" \(version 1, id 7\): timestamp must be a long, and is a number\. /,
    );
    assert.deepEqual([results[0]?.ok, ...others], [true, undefined]);
    assert.deepEqual(await recordCounts((await sharedBroker()).brokers, topic), [2]);
  });

  it('goes to the dead letters as JSON, and its push succeeds', async (t) => {
    const dead = await freshTopic('dead');
    const { topic, flow } = await start(t, () => found, { dead });
    const results = await Promise.all([flow.push(numbered(0)), flow.push(strange), flow.push(numbered(1))]);
    assert.deepEqual(results.map(failureOf), [undefined, undefined, undefined], flow.log.join('\n'));
    const [letter] = await read(dead, 1);
    const headers = Object.fromEntries((letter?.headers ?? []).map(([name, text]) => [name, String(text)]));
    assert.equal(headers['content-type'], 'application/json');
    assert.equal(headers['walkeros-dead-letter-code'], 'VALUE_INVALID');
    assert.equal(headers['walkeros-dead-letter-topic'], topic);
    assert.match(headers['walkeros-dead-letter-message'] ?? '', /timestamp must be a long, and is a number/);
    assert.equal(String(letter?.key), 'us3r');
    const { data, timestamp } = JSON.parse(String(letter?.value)) as { data: unknown; timestamp: unknown };
    assert.deepEqual([data, timestamp], [{ title: 'Grüße' }, 5.5]);
    assert.deepEqual((await read(topic, 2)).map(hexOf), [framed(0), framed(1)]);
  });

  it('is not told from one whose schema nobody has registered, but by its code', async (t) => {
    const dead = await freshTopic('dead');
    const missing = { status: 404, body: { error_code: 40403, message: 'Schema not found' } };
    const { flow, registry } = await start(t, () => missing, { dead });
    const results = await Promise.all(upTo(100).map((n) => flow.push(numbered(n))));
    assert.deepEqual(failuresOf(results), []);
    const letters = await read(dead, 100);
    const codes = letters.map(({ headers }) =>
      String(headers.find(([name]) => name === 'walkeros-dead-letter-code')?.[1]),
    );
    assert.deepEqual([...new Set(codes)], ['SCHEMA_MISSING']);
    assert.equal(registry.asked.length, 2);
  });
});
