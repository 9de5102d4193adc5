import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolveOptions } from '../../../../src/config/resolve.ts';
import { valueRegistries } from '../../../../src/config/mapping.ts';
import { decoderOf, type FramedReaders } from '../../../../src/cli/reading/decode.ts';
import { cloudEvents } from '../../../../src/record/cloudevents.ts';
import { staticHeaders } from '../../../../src/record/shape.ts';
import { schemaReaders } from '../../../../src/cli/reading/schema-readers.ts';
import { loadFormat } from '../../../../src/schema/load-format.ts';
import type { KafkaError } from '../../../../src/model/errors.ts';
import type { Schema } from '../../../../src/model/schema.ts';
import { event } from '../../../support/flow.ts';
import { schemaIdBytes } from '../../../../src/schema/schema-id.ts';
import { scriptedServer } from '../../../support/scripted-http.ts';
import { storedRecord } from './stored.ts';

const order: Schema = {
  schemaType: 'AVRO',
  schema: '{"type":"record","name":"O","fields":[{"name":"id","type":"long"}]}',
};
const orderBytes = Buffer.from('000000000702', 'hex');
const never = new AbortController().signal;

function open(readers: FramedReaders | undefined, now?: () => number) {
  const told: string[] = [];
  const onUndecoded = ({ code, message }: KafkaError) => told.push(`${code}: ${message}`);
  const decode = decoderOf({ readers, onUndecoded, ...(now && { now }) });
  return {
    told,
    decode: async (value: Buffer, idHeader?: Buffer) =>
      decode(storedRecord({ value, ...(idHeader && { headers: [['__value_schema_id', idHeader]] }) })),
  };
}

function registriesOf(settings: object, mapping?: unknown) {
  const kafka = { brokers: ['kafka1:9092'], topic: 'events' };
  return valueRegistries(resolveOptions({ kafka, ...settings }, { mapping }).options, mapping);
}

const atUrl = (url: string) => registriesOf({ value: { format: 'avro', registry: { url } } });
const bytes = { format: 'schema 7', value: 'Ag==' };

describe('values behind the id of a schema', () => {
  it('are decoded in each format, by one question for each id', async (t) => {
    const schemas: Readonly<Record<number, Schema>> = {
      7: order,
      8: { schemaType: 'JSON', schema: '{"type":"object"}' },
      9: { schemaType: 'PROTOBUF', schema: 'syntax = "proto3"; message A {} message B { int64 n = 1; }' },
    };
    const registry = await scriptedServer(({ path }) => ({
      delay: 20,
      body: schemas[Number(path.split('/').at(-1))] ?? {},
    }));
    t.after(() => registry.close());
    const { decode, told } = open(schemaReaders(atUrl(registry.url), 'events', never));
    const write = async (id: number, value: object, message?: string) => {
      const { schemaType, schema } = schemas[id] ?? order;
      return (await loadFormat(schemaType))(schema, { message }).writer(id)(value);
    };
    const values = [
      await write(7, { id: 2n ** 53n + 1n }),
      await write(8, { id: 9007199254740993n }),
      await write(9, { n: 5 }, 'B'),
    ];
    const all = await Promise.all([...values, ...values, ...values].map((value) => decode(value)));
    const expected = [
      { format: 'avro 7', value: { id: '9007199254740993' }, json: undefined },
      { format: 'json-schema 8', value: { id: Number('9007199254740993') }, json: '{"id":9007199254740993}' },
      { format: 'protobuf 9 B', value: { n: 5 }, json: undefined },
    ];
    assert.deepEqual(all, [...expected, ...expected, ...expected]);
    assert.deepEqual(registry.asked.map(({ path }) => path).sort(), [
      '/schemas/ids/7',
      '/schemas/ids/8',
      '/schemas/ids/9',
    ]);
    assert.deepEqual(told, []);
  });

  it('are shown as bytes where nobody knows the id, which is told and asked once', async (t) => {
    const registry = await scriptedServer(() => ({
      status: 404,
      body: { error_code: 40403, message: 'Schema 7 not found' },
    }));
    t.after(() => registry.close());
    let now = 0;
    const { decode, told } = open(schemaReaders(atUrl(registry.url), 'events', never), () => now);
    for (let record = 0; record < 3; record += 1) assert.deepEqual(await decode(orderBytes), bytes);
    assert.equal(registry.asked.length, 1);
    // It may have been registered meanwhile.
    now = 30_001;
    assert.deepEqual(await decode(orderBytes), bytes);
    assert.equal(registry.asked.length, 2);
    assert.deepEqual(told, ['SCHEMA_MISSING: The Schema Registry has no schema of id 7.']);
  });

  it('are shown as bytes while no registry answers, which not every record waits for', async (t) => {
    let healed = false;
    let now = 0;
    const registry = await scriptedServer(() => {
      if (healed) return { body: order };
      now += 3_000;
      return { status: 503 };
    });
    t.after(() => registry.close());
    const { decode, told } = open(schemaReaders(atUrl(registry.url), 'events', never), () => now);
    for (const id of [7, 8, 7]) await decode(Buffer.from([0, 0, 0, 0, id, 2]));
    assert.equal(registry.asked.length, 1);
    assert.deepEqual(told, [
      `REGISTRY_UNAVAILABLE: The Schema Registry at ${registry.url} could not look up the schema of id 7: HTTP 503. ` +
        'Check settings.value.registry.url and that the registry is up.',
    ]);
    healed = true;
    now += 30_001;
    assert.deepEqual(await decode(orderBytes), { format: 'avro 7', value: { id: 1 }, json: undefined });
  });

  /** One schema that a registry failed on hid the values of all others for half a minute. */
  it('are read beside those for whose id the registry fails at once', async (t) => {
    const registry = await scriptedServer(({ path }) =>
      path.endsWith('/8') ? { status: 500 } : { body: order },
    );
    t.after(() => registry.close());
    const { decode, told } = open(schemaReaders(atUrl(registry.url), 'events', never), () => 0);
    for (let record = 0; record < 2; record += 1)
      assert.equal((await decode(Buffer.from([0, 0, 0, 0, 8, 2]))).format, 'schema 8');
    assert.deepEqual(await decode(orderBytes), { format: 'avro 7', value: { id: 1 }, json: undefined });
    assert.equal(registry.asked.length, 2);
    assert.equal(told.length, 1);
  });

  it('are shown as bytes where there is no registry, or the schema is of no use, or another was meant', async () => {
    const none = open(undefined);
    assert.deepEqual(await none.decode(orderBytes), bytes);
    assert.deepEqual(await none.decode(orderBytes), bytes);
    assert.deepEqual(none.told, [
      'SCHEMA_MISSING: There are values that tell the id of a schema, and no Schema Registry to ask for it: name one ' +
        'with --registry.',
    ]);
    const useless = open({ of: () => Promise.reject(new Error('no such type')) });
    assert.deepEqual(await useless.decode(orderBytes), bytes);
    assert.deepEqual(useless.told, ['SCHEMA_INVALID: The schema of id 7 cannot be used: no such type.']);
    const other = open({ of: () => Promise.resolve(() => assert.fail('it ends too early\u001b')) });
    assert.deepEqual(await other.decode(orderBytes), bytes);
    assert.deepEqual(await other.decode(orderBytes), bytes);
    assert.deepEqual(other.told, [
      'VALUE_INVALID: A value of schema 7 cannot be read by it: it ends too early\\u001b.',
    ]);
  });

  it('go by the registry of their topic, and by another one for what that does not know', async (t) => {
    const missing = { status: 404, body: { error_code: 40403, message: 'Schema not found' } };
    const named = (name: string) => ({ body: { schema: `{"type":"record","name":"${name}","fields":[]}` } });
    const first = await scriptedServer(({ path }) => (path.endsWith('/9') ? missing : named('First')));
    const second = await scriptedServer(() => named('Second'));
    t.after(() => Promise.all([first.close(), second.close()]));
    const value = (url: string) => ({ format: 'avro', registry: { url } });
    const mapping = { order: { complete: { settings: { topic: 'orders', value: value(second.url) } } } };
    const registries = registriesOf({ value: value(first.url) }, mapping);
    for (const topic of ['events', 'orders']) {
      const { decode } = open(schemaReaders(registries, topic, never));
      await decode(Buffer.from('0000000007', 'hex'));
      await decode(Buffer.from('0000000009', 'hex'));
    }
    assert.deepEqual(
      [first, second].map(({ asked }) => asked.map(({ path }) => path)),
      [
        ['/schemas/ids/7', '/schemas/ids/9'],
        ['/schemas/ids/9', '/schemas/ids/7', '/schemas/ids/9'],
      ],
    );
  });
});

describe('values whose schema stands in a header', () => {
  const guid = '6f9619ff-8b86-4d01-b42d-00cf4fc964ff';

  it('are decoded by its GUID or its id, before anything that they look like', async (t) => {
    const schemas: Readonly<Record<string, Schema>> = {
      [`/schemas/guids/${guid}`]: order,
      '/schemas/ids/8': { schemaType: 'JSON', schema: '{"type":"object"}' },
      '/schemas/ids/9': {
        schemaType: 'PROTOBUF',
        schema: 'syntax = "proto3"; message A {} message B { int64 n = 1; }',
      },
    };
    const registry = await scriptedServer(({ path }) => ({ body: schemas[path] ?? {} }));
    t.after(() => registry.close());
    const { decode, told } = open(schemaReaders(atUrl(registry.url), 'events', never));
    // JSON's 0, and the first bytes of one with an id in front.
    const zero = { format: `avro ${guid}`, value: { id: 24 }, json: undefined };
    assert.deepEqual(await decode(Buffer.from('0'), schemaIdBytes({ id: 7, guid })), zero);
    assert.deepEqual(await decode(Buffer.from([0]), schemaIdBytes({ id: 7, guid })), {
      ...zero,
      value: { id: 0 },
    });
    const json = '{"id":9007199254740993}';
    assert.deepEqual(await decode(Buffer.from(json), schemaIdBytes({ id: 8 })), {
      format: 'json-schema 8',
      value: JSON.parse(json) as unknown,
      json,
    });
    assert.deepEqual(await decode(Buffer.from('0805', 'hex'), schemaIdBytes({ id: 9 }, [1])), {
      format: 'protobuf 9 B',
      value: { n: 5 },
      json: undefined,
    });
    assert.deepEqual(told, []);
  });

  it('are shown as JSON where there is no registry and they are, and as bytes where it does not know them', async (t) => {
    const none = open(undefined);
    assert.equal((await none.decode(Buffer.from('{"id":1}'), schemaIdBytes({ id: 8 }))).format, 'json');
    assert.deepEqual(none.told, []);
    assert.deepEqual(await none.decode(Buffer.from([2]), schemaIdBytes({ id: 7 })), bytes);
    assert.equal(none.told.length, 1);
    // A registry of before GUIDs.
    const registry = await scriptedServer(() => ({
      status: 404,
      body: { error_code: 404, message: 'HTTP 404' },
    }));
    t.after(() => registry.close());
    const { decode, told } = open(schemaReaders(atUrl(registry.url), 'events', never));
    const shown = await decode(Buffer.from([2]), schemaIdBytes({ id: 7, guid }));
    assert.deepEqual(shown, { format: `schema ${guid}`, value: 'Ag==' });
    assert.deepEqual(told, [`SCHEMA_MISSING: The Schema Registry has no schema of id ${guid}.`]);
  });

  for (const header of ['', '00', '0000', '02ffffffff', '00ffffffff', '016f96'])
    it(`are taken for what they look like where the header is none: "${header}"`, async () => {
      const { decode, told } = open(undefined);
      assert.equal((await decode(Buffer.from('{"id":1}'), Buffer.from(header, 'hex'))).format, 'json');
      assert.deepEqual(told, []);
    });
});

describe('an id that the registry refuses', () => {
  it('keeps no other from being asked for', async (t) => {
    const registry = await scriptedServer(({ path }) =>
      path.endsWith('/7') ? { body: order } : { status: 403, body: { error_code: 40301, message: 'no' } },
    );
    t.after(() => registry.close());
    const { decode, told } = open(schemaReaders(atUrl(registry.url), 'events', never));
    const refused = await decode(Buffer.from('000000000902', 'hex'));
    assert.deepEqual(refused, { format: 'schema 9', value: 'Ag==' });
    assert.deepEqual((await decode(orderBytes)).value, { id: 1 });
    assert.equal(told.length, 1);
  });

  it('is none below zero: such bytes have no schema', async () => {
    const { decode, told } = open({ of: () => assert.fail('asked') });
    assert.equal((await decode(Buffer.from('00fffffff902ff', 'hex'))).format, 'bytes');
    assert.deepEqual(told, []);
  });
});

describe('other values', () => {
  it('are JSON to the letter, on one line', async () => {
    const { decode } = open(undefined);
    const text = '{\r\n  "id":\t9007199254740993,\n  "real": 1.10, "id": 1e400, "text": "a\\n b"\n}\n';
    const { format, json } = await decode(Buffer.from(text));
    assert.equal(format, 'json');
    assert.equal(json, '{"id":9007199254740993,"real": 1.10, "id": 1e400, "text": "a\\n b"}');
  });

  it('are CloudEvents, structured and binary', async () => {
    const { decode } = open(undefined);
    const head = { topic: 'events', key: Buffer.from('k'), timestamp: 1, headers: staticHeaders({}) };
    const settings = { source: 'walkeros', typePrefix: 'walkeros.' };
    for (const [mode, name] of [
      ['structured', 'type'],
      ['binary', 'name'],
    ] as const) {
      const { value } = cloudEvents({ ...settings, mode })(head, event(), event());
      const decoded = await decode(value ?? Buffer.of());
      assert.equal(decoded.format, 'json');
      assert.match(String((decoded.value as Record<string, unknown>)[name]), /page.view$/);
    }
  });
});
