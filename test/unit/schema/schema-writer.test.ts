import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { SchemaWriter, type SchemaChoice, type Schemas } from '../../../src/schema/schema-writer.ts';
import { walkerosEventSchemas } from '../../../src/schema/walkeros-event/schemas.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import type { Notice } from '../../../src/model/notice.ts';
import type { RegisteredSchema, Schema, SchemaRules } from '../../../src/model/schema.ts';
import { eventually } from '../../support/eventually.ts';
import { event } from '../../support/flow.ts';

const record = (field: string): string =>
  JSON.stringify({ type: 'record', name: 'a.B', fields: [{ name: field, type: 'string' }] });
const choice: SchemaChoice = {
  schemaType: 'AVRO',
  schema: record('a'),
  message: undefined,
  schemaId: 'prefix',
  subjectNameStrategy: 'topic',
  autoRegister: false,
  useLatestVersion: false,
  latestCacheTtl: 1_000,
  ignoreRules: [],
};
const down = new KafkaError('REGISTRY_UNAVAILABLE', 'The registry is down.');

/** A registry whose answers the test gives, one after the other; the last one stays. */
function registry(...answers: (Partial<RegisteredSchema> | KafkaError | undefined)[]) {
  const asked: string[] = [];
  const rules: { of: SchemaRules | undefined } = { of: undefined };
  const answer = (question: string, subject: string, schema?: Schema) => {
    asked.push(`${question} ${subject}`);
    const next = answers.length > 1 ? answers.shift() : answers[0];
    if (next instanceof Error) return Promise.reject(next);
    const known = { schemaType: 'AVRO' as const, schema: record('a'), ...schema };
    return Promise.resolve(next && { ...known, subject, id: 1, version: 1, references: [], ...next });
  };
  const schemas: Schemas = {
    find: (subject, schema) => answer('find', subject, schema),
    latest: (subject) => answer('latest', subject),
    latestRules: () => Promise.resolve(rules.of),
    register: async (subject, schema) => {
      const registered = await answer('register', subject, schema);
      if (registered === undefined) throw down;
      return registered;
    },
  };
  return { schemas, asked, rules };
}

function start(t: TestContext, schemas: Schemas, own: Partial<SchemaChoice> = {}) {
  const closing = new AbortController();
  t.after(() => closing.abort());
  const notices: Notice[] = [];
  let clock = 0;
  const writer = new SchemaWriter(
    'orders',
    { ...choice, ...own },
    {
      schemas,
      notify: (notice) => notices.push(notice),
      now: () => clock,
      closing: closing.signal,
    },
  );
  return { writer, notices, pass: (ms: number) => (clock += ms) };
}

function refusal(writer: SchemaWriter, value: unknown): string {
  try {
    writer.write(value, 'event "x"');
  } catch (error) {
    assert.ok(error instanceof KafkaError);
    assert.equal(error.topic, 'orders');
    return `${error.code} ${error.message}`;
  }
  return 'none';
}
const hex = (writer: SchemaWriter, value: unknown): string | undefined =>
  writer.write(value, 'event "x"')?.value.toString('hex');

describe('a writer by schema', () => {
  it('knows nothing at first, asks once for all, and then nobody', async (t) => {
    const { schemas, asked } = registry({});
    const { writer } = start(t, schemas);
    assert.equal(writer.write({ a: 'x' }, 'event'), undefined);
    await Promise.all([writer.changed(0), writer.changed(0)]);
    for (let n = 0; n < 1_000; n++) assert.equal(hex(writer, { a: 'x' }), '00000000010278');
    assert.deepEqual(asked, ['find orders-value']);
  });

  it('names topic, event, subject, path and reason of a value that does not fit', async (t) => {
    const { schemas } = registry({ id: 7, version: 3 });
    const { writer } = start(t, schemas);
    await writer.changed(0);
    assert.equal(
      refusal(writer, { a: 5 }),
      'VALUE_INVALID Kafka topic "orders": event "x" does not fit the schema of subject "orders-value" (version 3, id 7): ' +
        'a must be a string, and is a whole number. Correct it at its source, map it with `data.map`, or change the schema.',
    );
    assert.equal(hex(writer, { a: 'x' }), '00000000070278');
  });

  it('goes on asking while somebody waits, and no longer', async (t) => {
    const { schemas, asked } = registry(down, down, {});
    const { writer, notices, pass } = start(t, schemas);
    const moved = writer.changed(8_000);
    assert.equal(await eventually('the first try has failed', () => writer.lastError), down);
    await moved;
    assert.equal(hex(writer, { a: 'x' }), '00000000010278');
    assert.equal(asked.length, 3);
    assert.deepEqual(notices[0], {
      kind: 'schema-unavailable',
      topic: 'orders',
      error: down,
      inUse: false,
    });

    const other = registry(down);
    const late = start(t, other.schemas);
    await late.writer.changed(0);
    assert.equal(other.asked.length, 1);
    pass(1);
  });

  it('says for five seconds that there is no such schema, before it asks again', async (t) => {
    const { schemas, asked } = registry(undefined, {});
    const { writer, pass } = start(t, schemas);
    await writer.changed(8_000);
    const message =
      'SCHEMA_MISSING Kafka topic "orders": the Schema Registry does not have this schema under subject "orders-value". ' +
      'Register it ("walkeros setup" does, with config.setup), or set settings.value.autoRegister.';
    assert.equal(refusal(writer, { a: 'x' }), message);
    pass(4_999);
    assert.equal(refusal(writer, { a: 'x' }), message);
    assert.equal(asked.length, 1);
    pass(1);
    assert.equal(writer.write({ a: 'x' }, 'event'), undefined);
    await writer.changed(8_000);
    assert.equal(hex(writer, { a: 'x' }), '00000000010278');
  });

  it('takes the subject by the strategy', async (t) => {
    const cases: [Partial<SchemaChoice>, string][] = [
      [{}, 'find orders-value'],
      [{ subjectNameStrategy: 'record' }, 'find a.B'],
      [{ subjectNameStrategy: 'topic-record' }, 'find orders-a.B'],
      [{ subjectNameStrategy: 'record', useLatestVersion: true }, 'latest a.B'],
      [{ autoRegister: true }, 'register orders-value'],
    ];
    for (const [own, question] of cases) {
      const { schemas, asked } = registry({});
      const { writer } = start(t, schemas, own);
      await writer.changed(0);
      assert.deepEqual(asked, [question]);
    }
    const { schemas } = registry({});
    const { writer } = start(t, schemas, { schema: '"string"', subjectNameStrategy: 'record' });
    await writer.changed(0);
    assert.match(
      refusal(writer, 'x'),
      /^SCHEMA_INVALID .*subjectNameStrategy is "record", and the schema has no name/,
    );
  });

  describe('of the latest version', () => {
    const own = { useLatestVersion: true };

    it('looks for a newer one in the background, and goes on writing meanwhile', async (t) => {
      const { schemas, asked } = registry({ id: 1 }, { id: 2, schema: record('b') });
      const { writer, pass } = start(t, schemas, own);
      await writer.changed(0);
      pass(1_000);
      assert.equal(hex(writer, { a: 'x' }), '00000000010278');
      assert.equal(asked.length, 1);
      pass(1);
      assert.equal(hex(writer, { a: 'x' }), '00000000010278');
      await eventually('the newer one is in use', () => refusal(writer, { a: 'x' }) !== 'none');
      assert.equal(hex(writer, { b: 'x' }), '00000000020278');
      assert.equal(asked.length, 2);
    });

    for (const fault of [
      down,
      undefined,
      { id: 3, schema: 'no schema' },
      { id: 3, schemaType: 'JSON' as const },
    ]) {
      it(`keeps the one it has when the registry answers ${JSON.stringify(fault)}`, async (t) => {
        const { schemas, asked } = registry({}, fault);
        const { writer, notices, pass } = start(t, schemas, own);
        await writer.changed(0);
        pass(1_001);
        assert.equal(hex(writer, { a: 'x' }), '00000000010278');
        const [notice] = await eventually('it was told', () => (notices.length > 0 ? notices : undefined));
        assert.ok(notice?.kind === 'schema-unavailable' && notice.inUse);
        for (let n = 0; n < 100; n++) {
          assert.equal(hex(writer, { a: 'x' }), '00000000010278');
          await new Promise(setImmediate);
        }
        assert.equal(asked.length, 2);
        pass(1_001);
        assert.equal(hex(writer, { a: 'x' }), '00000000010278');
        await eventually('it asks again', () => asked.length === 3);
      });
    }
  });

  it('flattens the event for the ready-made schema, whatever its version', async (t) => {
    const { schemas } = registry({ schema: walkerosEventSchemas.AVRO });
    const { writer } = start(t, schemas, { useLatestVersion: true });
    await writer.changed(0);
    const written = writer.write(event({ data: { count: 5, list: [1] } }), 'event');
    const text = written?.value.toString('hex') ?? '';
    for (const entry of ['count\x025', 'list\x06[1]'])
      assert.ok(text.includes(Buffer.from(entry).toString('hex')), entry);
  });

  // Clocks with fractions are usual; Avro, Protobuf and the record's own timestamp cut them off.
  it('cuts the timestamp of the event to whole milliseconds for JSON Schema as well', async (t) => {
    const { schemas } = registry({});
    const own = { schemaType: 'JSON' as const, schema: walkerosEventSchemas.JSON };
    const { writer } = start(t, schemas, own);
    await writer.changed(0);
    const written = writer.write({ name: 'a b', id: '1', timestamp: 1_700_000_000_000.25 }, 'event');
    assert.equal(written?.value.subarray(5).toString(), '{"name":"a b","id":"1","timestamp":1700000000000}');
  });

  describe('with the schema in a header', () => {
    const guid = '6f9619ff-8b86-4d01-b42d-00cf4fc964ff';
    const schema = 'syntax = "proto3"; message A {} message B { string a = 1; }';
    const protobuf = { schemaType: 'PROTOBUF', schema, message: 'B' } as const;
    for (const [what, found, own, value, header] of [
      ['the GUID', { id: 7, guid }, {}, '0278', `01${guid.replaceAll('-', '')}`],
      ['the id, of a registry without GUIDs', { id: 7 }, {}, '0278', '0000000007'],
      [
        'and where the message stands in its file',
        { id: 7, guid },
        protobuf,
        '0a0178',
        `01${guid.replaceAll('-', '')}0202`,
      ],
      ['the same with an id', { id: 7 }, protobuf, '0a0178', '00000000070202'],
    ] as const)
      it(`has it bare: ${what}`, async (t) => {
        const { writer } = start(t, registry(found).schemas, { schemaId: 'header', ...own });
        await writer.changed(0);
        const written = writer.write({ a: 'x' }, 'event');
        assert.equal(written?.value.toString('hex'), value);
        assert.equal(written.idHeader?.toString('hex'), header);
        // Headers are encoded once for all records of a schema.
        assert.equal(writer.write({ a: 'y' }, 'event')?.idHeader, written.idHeader);
      });
  });
});
