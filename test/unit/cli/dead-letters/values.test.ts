import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { DeadLetter } from '../../../../src/cli/dead-letters/dead-letter.ts';
import { deadLetterValues } from '../../../../src/cli/dead-letters/values.ts';
import { resolveOptions } from '../../../../src/config/resolve.ts';
import type { KafkaRecord } from '../../../../src/model/record.ts';
import { scriptedServer, type Reply } from '../../../support/scripted-http.ts';

const schema = (field: string, type = 'string') => ({
  type: 'record',
  name: 'Order',
  fields: [{ name: field, type }],
});
const registered: Reply = { body: { id: 7, version: 1 } };

interface Scene {
  readonly value?: object;
  readonly mapping?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly answer?: Reply;
  readonly dryRun?: boolean;
}

/** A flow with Avro values in the topic "orders", and its registry. */
async function scene(
  t: TestContext,
  { value = {}, mapping, headers = {}, answer = registered, dryRun = false }: Scene,
) {
  const registry = await scriptedServer(() => answer);
  const { options } = resolveOptions(
    {
      kafka: { brokers: ['kafka1:9092'], topic: 'orders', headers },
      value: { format: 'avro', registry: { url: registry.url }, schema: schema('id'), ...value },
    },
    { mapping },
  );
  const configured = {
    path: 'flow.json',
    id: 'kafka',
    options,
    mapping,
    registries: [],
    topics: new Set<string>(),
    prefixes: [],
  };
  const values = deadLetterValues(configured, { dryRun, lookupTimeout: 300 });
  t.after(async () => {
    values.close();
    await registry.close();
  });
  return { registry, values };
}

function deadLetter(
  text: string,
  { topic = 'orders', code = 'SCHEMA_MISSING' } = {},
): [deadLetter: DeadLetter, record: KafkaRecord] {
  const record = {
    topic,
    key: Buffer.from('k'),
    value: Buffer.from(text),
    headers: { 'content-type': 'application/json', team: 'web', traceparent: 't' },
    timestamp: 1,
  };
  const stored = { ...record, topic: 'dead', partition: 0, offset: 4n, headers: [] };
  return [
    { stored, topic, code, message: '', attempts: 1, time: '', timestamp: 1, encoding: undefined },
    record,
  ];
}

const hex = (finished: KafkaRecord | string): string =>
  typeof finished === 'string' ? finished : String(finished.value?.toString('hex'));

describe('the values of dead letters', () => {
  it('that were kept as JSON are written by the schema of their topic, once it is there', async (t) => {
    // Raw JSON went into the Avro topic, was counted as re-sent, and no consumer could read on.
    const { values } = await scene(t, { headers: { team: 'shop' } });
    const finished = await values.finish(...deadLetter('{"id":"x"}'));
    assert.equal(hex(finished), '0000000007' + '0278');
    assert.deepEqual(typeof finished === 'object' && finished.headers, { team: 'web', traceparent: 't' });
  });

  // A whole number beyond 2^53 was kept exact for a long, and refused by a double, at each try.
  it('may be large whole numbers where the schema has a double', async (t) => {
    for (const type of ['double', ['null', 'double']]) {
      const avro = JSON.stringify({ type: 'record', name: 'O', fields: [{ name: 'at', type }] });
      const { values } = await scene(t, { value: { schema: avro } });
      const finished = await values.finish(...deadLetter('{"at":1763939000000000000}'));
      assert.ok(hex(finished).endsWith('13075bc2cc57ab843'.slice(1)), hex(finished));
    }
  });

  it('that do not fit the schema stay, and so do those whose schema is missing or cannot be asked for', async (t) => {
    const fits = await scene(t, {});
    const [one, record] = deadLetter('{"name":"order complete","id":5}', { code: 'VALUE_INVALID' });
    assert.match(
      hex(await fits.values.finish(one, record)),
      /^Kafka topic "orders": event "order complete" does not fit the schema .*: id must be a string/,
    );
    const missing = await scene(t, { answer: { status: 404, body: { error_code: 40401 } } });
    assert.match(
      hex(await missing.values.finish(...deadLetter('{"id":"x"}'))),
      /^Kafka topic "orders": the Schema Registry does not have this schema/,
    );
    const down = await scene(t, { answer: { cut: true } });
    assert.match(hex(await down.values.finish(...deadLetter('{"id":"x"}'))), /Schema Registry/);
    const asked = down.registry.asked.length;
    assert.match(hex(await down.values.finish(...deadLetter('{"id":"y"}'))), /Schema Registry/);
    assert.equal(down.registry.asked.length, asked, 'the next letter waited for it anew');
  });

  it('are left as they are where they have their final form: framed, JSON, CloudEvents', async (t) => {
    const { values, registry } = await scene(t, {});
    const [one, record] = deadLetter('\0framed', { code: 'MESSAGE_TOO_LARGE' });
    assert.equal(await values.finish(one, record), record);
    assert.equal(registry.asked.length, 0);
    for (const format of ['json', 'cloudevents']) {
      const mapping = { order: { complete: { settings: { topic: 'plain', value: { format } } } } };
      const plain = await scene(t, { mapping });
      const [two, kept] = deadLetter('{"id":5}', { topic: 'plain', code: 'MESSAGE_TOO_LARGE' });
      assert.equal(await plain.values.finish(two, kept), kept);
    }
  });

  it('take the schema of the mapping rule that writes to their topic', async (t) => {
    const value = { schema: schema('total', 'long') };
    const mapping = { order: { complete: { settings: { topic: 'totals', value } } } };
    const { values } = await scene(t, { mapping });
    // 2^53 + 1, which a plain JSON.parse would round.
    const finished = await values.finish(...deadLetter('{"total":9007199254740993}', { topic: 'totals' }));
    assert.equal(hex(finished), '0000000007' + '8280808080808020');
  });

  it('stay where it cannot be known by which schema they are to be written', async (t) => {
    const value = { schema: schema('total', 'long') };
    const mapping = { order: { complete: [{ settings: { value } }], view: { settings: {} } } };
    const { values } = await scene(t, { mapping });
    assert.equal(
      await values.finish(...deadLetter('{"id":"x"}')),
      'flow.json writes to "orders" with several schemas, and the letter does not tell which one is its own',
    );
    assert.equal(
      await values.finish(...deadLetter('{"id":"x"}', { topic: 'gone' })),
      'its value waits for a schema, and no setting in flow.json writes to "gone" any more, which would tell it',
    );
    const [one, record] = deadLetter('{"id":"x"}', { topic: 'gone', code: 'MESSAGE_TOO_LARGE' });
    assert.equal(await values.finish(one, record), record);
    assert.equal(
      await values.finish(...deadLetter('no json', { topic: 'orders' })),
      'flow.json writes to "orders" with several schemas, and the letter does not tell which one is its own',
    );
  });

  it('where JSON and a schema share a topic, are written by it if that is what they were refused for', async (t) => {
    const mapping = { page: { view: { settings: { value: { format: 'json' } } } } };
    const { values } = await scene(t, { mapping });
    assert.equal(hex(await values.finish(...deadLetter('{"id":"x"}'))), '00000000070278');
    const [one, record] = deadLetter('{"id":"x"}', { code: 'MESSAGE_TOO_LARGE' });
    assert.equal(await values.finish(one, record), record);
    assert.equal(
      await values.finish(...deadLetter('no json')),
      'its value is neither JSON nor in the format of "orders"',
    );
  });

  it('are not registered by a dry run', async (t) => {
    const { values, registry } = await scene(t, { value: { autoRegister: true }, dryRun: true });
    const [one, record] = deadLetter('{"id":"x"}');
    assert.equal(await values.finish(one, record), record);
    assert.deepEqual(registry.asked, []);
  });
});
