import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { getFlowSettings, type Flow } from '@walkeros/core';
import { resolveOptions } from '../../../../src/config/resolve.ts';
import { resolveSetup } from '../../../../src/config/resolve-setup.ts';
import type { SchemaType } from '../../../../src/model/schema.ts';
import { compileAvro, avroReader } from '../../../../src/schema/avro/avro.ts';
import { compileJsonSchema } from '../../../../src/schema/json-schema.ts';
import { compileProtobuf, protobufReader } from '../../../../src/schema/protobuf/protobuf.ts';
import { contractSchema } from '../../../../src/schema/walkeros-event/contract.ts';
import type { ValidationError } from '../../../../src/schema/validation-error.ts';
import { blocksFor } from '../../../support/docs/claims.ts';
import { root } from '../../../support/docs/pages.ts';
import { flattened } from '../../../../src/schema/walkeros-event/flatten.ts';

/** What a flow file's `$contract` reference is for a destination: resolved by walkerOS itself. */
function resolved(event: object): object {
  const kafka = { package: 'x', config: { settings: '$contract.web.events.order.complete' } };
  const flow = { config: { platform: 'server' as const }, destinations: { kafka } };
  const contract = { web: { events: { order: { complete: event as Record<string, unknown> } } } };
  const { destinations } = getFlowSettings({ version: 4, contract, flows: { default: flow } });
  return (destinations?.['kafka']?.config as { settings: object }).settings;
}

function made(type: SchemaType, event: object): string {
  const found = contractSchema(type, JSON.stringify(resolved(event)));
  assert.ok(found && 'schema' in found, JSON.stringify(found));
  return found.schema;
}

function faults(type: SchemaType, data: object): string[] {
  const found = contractSchema(type, JSON.stringify({ properties: { data } }));
  return found && 'faults' in found ? found.faults.map(({ path, say }) => `${path} ${say}`) : [];
}

const event = { name: 'order complete', id: '1f0c', timestamp: 1700000100000, context: {}, consent: {} };

const contract = {
  description: 'An order',
  required: ['data'],
  properties: {
    data: {
      type: 'object',
      required: ['id', 'items'],
      properties: {
        id: { type: 'string', description: 'Of the shop' },
        total: { type: 'number' },
        coupon: { type: ['string', 'null'] },
        gift: { const: true },
        size: { enum: ['S', 'M'] },
        items: { type: 'array', items: { $ref: '#/definitions/item' } },
        taxes: { type: 'object', additionalProperties: { type: 'integer' } },
      },
    },
    user: { properties: { id: { anyOf: [{ type: 'string' }, { type: 'null' }] } } },
  },
  definitions: { item: { type: 'object', required: ['sku'], properties: { sku: { type: 'string' } } } },
};
const data = { id: '0rd3r', total: 39.5, gift: true, items: [{ sku: 'a' }], taxes: { vat: 7 } };

describe('a contract in the schema of the event', () => {
  it('in Avro: what it determines has a type, and only what is required must be there', () => {
    const text = made('AVRO', contract);
    const compiled = compileAvro(text);
    const { typedFields = new Set() } = compiled;
    const write = compiled.writer(1);
    const bytes = write(
      flattened({ ...event, data, user: {}, globals: { language: 'en', n: 1 } }, typedFields),
    );
    const { value } = avroReader(text, [])(bytes.subarray(5));
    const { data: stored, user, globals } = value as Record<string, unknown>;
    assert.deepEqual(stored, { ...data, coupon: null, size: null });
    assert.deepEqual(user, { id: null });
    // Of what it says nothing about all stays as it was.
    assert.deepEqual(globals, { language: 'en', n: '1' });
    for (const [broken, reason] of [
      [{ ...data, id: undefined }, 'data.id is missing, and must be a string'],
      [{ ...data, total: '39.5' }, 'data.total must be a number, and is a string'],
      [undefined, 'data is missing, and must be an object'],
    ] as const)
      assert.throws(
        () => write(flattened({ ...event, data: broken }, typedFields)),
        (error: { path: string; reason: string }) => {
          assert.equal(`${error.path} ${error.reason}`, reason);
          return true;
        },
      );
    // What the contract does not name is left out.
    const more = write(flattened({ ...event, data: { ...data, more: 1 } }, typedFields));
    assert.deepEqual((avroReader(text, [])(more.subarray(5)).value as { data: unknown }).data, stored);
  });

  it('in Protobuf: a property is there or not, and has its number from its name', () => {
    const text = made('PROTOBUF', contract);
    const compiled = compileProtobuf(text);
    const { typedFields = new Set() } = compiled;
    const write = compiled.writer(1);
    const stored = (given: object): unknown => {
      const bytes = write(flattened({ ...event, data: given }, typedFields));
      return (protobufReader(text, [])(bytes.subarray(5)).value as { data: unknown }).data;
    };
    assert.deepEqual(stored(data), data);
    // Protobuf has no `required`.
    assert.deepEqual(stored({ total: 1, more: 1 }), { total: 1 });
    assert.throws(() => stored({ ...data, total: '39.5 EUR' }));
    const id = /^ {2}optional string id = (\d+);$/m.exec(text)?.[1];
    assert.equal(id, '21034592');
    const { properties } = contract.properties.data;
    const other = { properties: { data: { properties: { before: { type: 'string' }, ...properties } } } };
    assert.ok(
      made('PROTOBUF', { ...other, definitions: contract.definitions }).includes(`string id = ${id};`),
    );
  });

  it('in JSON Schema: it stays as it is, with what every event has', () => {
    const text = made('JSON', contract);
    const schema = JSON.parse(text) as Record<string, Record<string, unknown>>;
    assert.equal(schema['title'], 'walkeros.Event');
    assert.deepEqual(schema['required'], ['name', 'id', 'timestamp', 'data']);
    assert.deepEqual(schema['properties']?.['data'], resolved(contract.properties.data));
    assert.deepEqual(Object.keys(schema['definitions'] ?? {}), ['Entity', 'item']);
    const write = compileJsonSchema(text).writer(1);
    write({ ...event, data: { ...data, more: 1 } });
    for (const broken of [
      { ...data, id: undefined },
      { ...data, size: 'XL' },
      { ...data, total: '39.5' },
    ])
      assert.throws(() => write({ ...event, data: broken }));
    assert.throws(() => write({ data }), /is missing/);
    const closed = made('JSON', {
      properties: { data: { ...contract.properties.data, additionalProperties: false } },
      definitions: contract.definitions,
    });
    assert.throws(
      () => compileJsonSchema(closed).writer(1)({ ...event, data: { ...data, more: 1 } }),
      /additional/,
    );
  });

  it('is refused with each path that a format cannot have', () => {
    const wrong = {
      required: ['title'],
      properties: {
        any: {},
        either: { type: ['string', 'number'] },
        list: { type: 'array' },
        object: { type: 'object' },
        one: { oneOf: [{ type: 'string' }, { type: 'number' }] },
        lost: { $ref: '#/definitions/none' },
        itself: { $ref: '#/properties/data' },
        pattern: { type: 'object', patternProperties: { '^x': { type: 'string' } } },
        open: { properties: { a: { type: 'string' } }, additionalProperties: { type: 'string' } },
      },
    };
    const undetermined = [
      'data.title is required, and has no type; walkerOS 4.2.1 takes properties of this name out of a contract',
      'data.any has no type',
      'data.either has several types (string, number)',
      'data.list is a list whose items have no type (items)',
      'data.object is an object that names no properties, and no type for them (additionalProperties)',
      'data.one has several types (oneOf)',
      'data.lost refers to "#/definitions/none", which is not in the contract',
      'data.itself is nested too deeply, or holds itself',
      'data.pattern has names by a pattern (patternProperties), which no record has',
      'data.open has a type for other properties (additionalProperties) beside named ones',
    ];
    assert.deepEqual(faults('AVRO', wrong), undetermined);
    assert.deepEqual(faults('PROTOBUF', wrong), undetermined);
    assert.deepEqual(faults('JSON', wrong), []);
    const ofFormat = {
      properties: {
        'my-id': { type: 'string' },
        shopId: { type: 'string' },
        shop_id: { type: 'string' },
        grid: { type: 'array', items: { type: 'array', items: { type: 'string' } } },
        holes: { type: 'array', items: { type: ['string', 'null'] } },
      },
    };
    assert.deepEqual(faults('AVRO', ofFormat), [
      'data.my-id is no name in Avro, which has letters, digits and "_"',
    ]);
    assert.deepEqual(faults('PROTOBUF', ofFormat), [
      'data.my-id is no name in Protobuf, which has letters, digits and "_"',
      'data.shop_id cannot stand beside "shopId" in Protobuf: rename one of the two',
      'data.grid[] is a list or a map directly in another, which Protobuf does not have',
      'data.holes may hold null, which Protobuf does not have in lists and maps',
    ]);
  });

  // A schema that its author has written would be registered anew, as another one.
  it('is none where it has a name, or describes anything but parts of an event', () => {
    const part = { data: { type: 'object', properties: { id: { type: 'string' } } } };
    for (const own of [
      { title: 'Order', properties: part },
      { $schema: 'http://json-schema.org/draft-07/schema#', properties: part },
      { properties: { ...part, id: {}, name: {}, timestamp: {} } },
      // Such as mapped data has them.
      { type: 'object', properties: { id: { type: 'string' }, name: { type: 'string' } } },
      { properties: { id: { type: 'string' }, user: { type: 'object' } } },
      { properties: { ...part, total: { type: 'number' } } },
      { type: 'object' },
      { type: 'record', name: 'Order', fields: [] },
    ])
      assert.equal(contractSchema('JSON', JSON.stringify(own)), undefined, JSON.stringify(own));
    assert.equal(
      contractSchema('PROTOBUF', 'syntax = "proto3"; message Event { string id = 1; }'),
      undefined,
    );
    assert.equal(contractSchema('AVRO', '{ no JSON'), undefined);
  });

  it('is what docs/schemas.md shows', () => {
    const [flow, column, message] = blocksFor(import.meta.filename).map(({ text }) => text);
    const { destinations } = getFlowSettings(JSON.parse(flow ?? '') as Flow.Json);
    const { settings, setup } = destinations?.['kafka']?.config as { settings: unknown; setup: unknown };
    const { options } = resolveOptions(settings);
    assert.deepEqual(resolveSetup(setup, options, { id: 'kafka' })?.warnings, []);
    const value = options.valueOf();
    assert.ok('schema' in value && value.schema !== undefined);
    const { fields } = JSON.parse(value.schema) as { fields: { name: string }[] };
    assert.deepEqual(
      fields.find(({ name }) => name === 'data'),
      JSON.parse(column ?? ''),
    );
    const { properties } = resolvedOf(settings);
    const text = JSON.stringify({ required: ['data'], properties });
    const protobuf = contractSchema('PROTOBUF', text);
    assert.ok(protobuf && 'schema' in protobuf && message && protobuf.schema.includes(message), message);

    const closed = { data: { ...properties.data, additionalProperties: false } };
    const page = readFileSync(`${root}docs/schemas.md`, 'utf8').replaceAll(/ {2,}/g, ' ');
    for (const [given, written, ofParts, avro, proto] of [
      ['{"id":"7","total":5}', undefined, properties, '{"id":"7","total":5}', '{"id":"7","total":5}'],
      ['{"id":"7"}', undefined, properties, '{"id":"7","total":null}', '{"id":"7"}'],
      ['{"total":5}', undefined, properties, 'data.id is missing, and must be a string', '{"total":5}'],
      ['{"id":"7","gift":true}', undefined, properties, '{"id":"7","total":null}', '{"id":"7"}'],
      [
        '{"id":"7","gift":true}',
        'the same, with `additionalProperties: false`',
        closed,
        '{"id":"7","total":null}',
        '{"id":"7"}',
      ],
    ] as const) {
      const contract = { required: ['data'], properties: ofParts };
      const found = (['JSON', 'AVRO', 'PROTOBUF'] as const).map((type) => storedData(type, contract, given));
      assert.deepEqual(found.slice(1), [avro, proto]);
      const shown = found.map((text) => (text.startsWith('{') ? `\`${text}\`` : `refused: ${text}`));
      const row = `| ${[written ?? `\`${given}\``, ...shown].join(' | ')} |`;
      assert.ok(page.includes(row), row);
    }
  });
});

interface Parts {
  readonly properties: { readonly data: object };
}

const resolvedOf = (settings: unknown): Parts => (settings as { value: { schema: Parts } }).value.schema;

/** What is stored of the `data` of an event, or why it is refused. */
function storedData(type: SchemaType, contract: object, given: string): string {
  const found = contractSchema(type, JSON.stringify(contract));
  assert.ok(found && 'schema' in found);
  const { schema } = found;
  const whole = { ...event, data: JSON.parse(given) as unknown };
  const compile = { AVRO: compileAvro, JSON: compileJsonSchema, PROTOBUF: compileProtobuf }[type];
  const compiled = compile(schema);
  const { typedFields = new Set() } = compiled;
  try {
    const bytes = compiled.writer(1)(type === 'JSON' ? whole : flattened(whole, typedFields));
    if (type === 'JSON')
      return JSON.stringify((JSON.parse(bytes.subarray(5).toString()) as { data: unknown }).data);
    const read = (type === 'AVRO' ? avroReader : protobufReader)(schema, []);
    return JSON.stringify((read(bytes.subarray(5)).value as { data: unknown }).data);
  } catch (thrown) {
    const { path, reason } = thrown as ValidationError;
    return `${path} ${reason}`;
  }
}
