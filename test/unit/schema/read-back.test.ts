import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { CompileOptions } from '../../../src/schema/format.ts';
import { loadFormat, loadReader } from '../../../src/schema/load-format.ts';
import { flattened } from '../../../src/schema/walkeros-event/flatten.ts';
import { walkerosEventSchemas } from '../../../src/schema/walkeros-event/schemas.ts';
import type { SchemaType } from '../../../src/model/schema.ts';
import { event } from '../../support/flow.ts';

/** Written by our own writer, and read back. */
async function back(type: SchemaType, schema: unknown, value: unknown, options: CompileOptions = {}) {
  const text = typeof schema === 'string' ? schema : JSON.stringify(schema);
  const bytes = (await loadFormat(type))(text, options).writer(7)(value);
  return (await loadReader(type))(text, options.references ?? [])(bytes.subarray(5));
}

async function readHex(type: SchemaType, schema: unknown, hex: string): Promise<unknown> {
  const text = typeof schema === 'string' ? schema : JSON.stringify(schema);
  return (await loadReader(type))(text, [])(Buffer.from(hex, 'hex')).value;
}

const record = (name: string, fields: Record<string, unknown>) => ({
  type: 'record',
  name,
  fields: Object.entries(fields).map(([field, type]) => ({ name: field, type })),
});

describe('Avro, read back', () => {
  it('gives each type as it was written, and unions without the name of their branch', async () => {
    const schema = record('shop.Order', {
      ...{ nothing: 'null', yes: 'boolean', small: 'int', large: 'long', f: 'float', real: 'double' },
      ...{ text: 'string', raw: 'bytes', hash: { type: 'fixed', name: 'Hash', size: 2 } },
      size: { type: 'enum', name: 'Size', symbols: ['S', 'L'] },
      tags: { type: 'map', values: 'int' },
      at: { type: 'long', logicalType: 'timestamp-millis' },
      items: {
        type: 'array',
        items: [record('Article', { sku: 'string', price: 'int' }), record('Gift', { message: 'string' })],
      },
      coupon: ['null', 'string'],
      total: ['null', 'long', 'double'],
    });
    const value = {
      ...{ nothing: null, yes: true, small: -5, large: '9007199254740993', f: 0.5, real: 0.1 },
      ...{ text: 'Grüße 🥾', raw: '\u0000ÿ', hash: 'ab', size: 'L', tags: { x: 1, __proto_: 2 } },
      ...{ at: 1_700_000_000_123, coupon: null, total: 555.5 },
      items: [{ sku: 'ers', price: 420 }, { message: 'für dich' }],
    };
    assert.deepEqual((await back('AVRO', schema, value)).value, value);
  });

  it('keeps integers of 64 bits exact: as a number where it holds them, else as text', async () => {
    const cases: [unknown, unknown][] = [
      [2n ** 53n - 1n, 9007199254740991],
      [2n ** 53n, '9007199254740992'],
      [-(2n ** 63n), '-9223372036854775808'],
      ['9223372036854775807', '9223372036854775807'],
      [-1, -1],
    ];
    for (const [value, shown] of cases) assert.deepEqual((await back('AVRO', '"long"', value)).value, shown);
    await fc.assert(
      fc.asyncProperty(fc.maxSafeInteger(), async (value) =>
        assert.equal((await back('AVRO', '"long"', value)).value, value),
      ),
    );
  });

  it('knows the types of the schemas it refers to', async () => {
    const references = [{ name: 'Money', schema: JSON.stringify(record('shop.Money', { cents: 'long' })) }];
    const value = { total: { cents: 5 } };
    const { value: read } = await back('AVRO', record('Order', { total: 'shop.Money' }), value, {
      references,
    });
    assert.deepEqual(read, value);
  });

  it('takes blocks of other writers, with their size in front', async () => {
    const schema = { type: 'array', items: 'int' };
    assert.deepEqual(await readHex('AVRO', schema, '0304' + '0204' + '02' + '06' + '00'), [1, 2, 3]);
  });

  it('refuses bytes that do not fit, and believes no count that they cannot hold', async () => {
    const cases: [unknown, string, RegExp][] = [
      ['"string"', '0a61', /it ends too early/],
      ['"string"', '0161', /it ends too early/],
      ['"int"', '0202', /1 bytes are left over/],
      ['"long"', 'ffffffffffffffffffff01', /more than 64 bits/],
      [{ type: 'array', items: 'null' }, 'feffffffffffffffff01', /more items than it has bytes/],
      [['null', 'int'], '04', /chooses number 2 of 2/],
      [{ type: 'enum', name: 'E', symbols: ['A'] }, '01', /chooses number -1 of 1/],
    ];
    for (const [schema, hex, reason] of cases) await assert.rejects(readHex('AVRO', schema, hex), reason);
  });

  // 30 kB of them counted forty million items, and ended the process out of memory.
  it('believes a thousand items without bytes in a value, in however many blocks', async () => {
    const block = 'd00f'; // 1,000
    const schema = { type: 'array', items: 'null' };
    await assert.rejects(readHex('AVRO', schema, block.repeat(2_000) + '00'), /more items than it has bytes/);
    assert.deepEqual(await readHex('AVRO', schema, '02' + '04' + '00'), [null, null, null]);
  });

  // What was read so deep could not be written as JSON any more, and ended the command.
  it('reads a hundred values deep', async () => {
    const schema = record('Node', { next: ['null', 'Node'] });
    await assert.rejects(readHex('AVRO', schema, '02'.repeat(4_500) + '00'), /more than 100 values deep/);
    await readHex('AVRO', schema, '02'.repeat(90) + '00');
  });
});

describe('JSON Schema, read back', () => {
  it('gives the JSON to the letter', async () => {
    const { value, json } = await back('JSON', true, { exact: 9007199254740993n, text: 'Grüße 🥾' });
    assert.equal(json, '{"exact":9007199254740993,"text":"Grüße 🥾"}');
    assert.equal((value as { text: string }).text, 'Grüße 🥾');
  });

  it('refuses what is no JSON', async () => {
    await assert.rejects(readHex('JSON', true, '7b'), SyntaxError);
  });
});

describe('Protobuf, read back', () => {
  const proto = (body: string): string => `syntax = "proto3"; package t; ${body}`;

  it('gives each kind of field by the names of the schema, and leaves out what is absent', async () => {
    const schema = proto(`message M {
      int32 a = 1; uint32 b = 2; fixed32 c = 3; int64 big = 4; uint64 huge = 5; sfixed64 fixed = 6; sint64 small = 7;
      float f = 8; double real = 9; bool yes = 10; string first_name = 11; bytes raw = 12;
      repeated int64 numbers = 13; map<int64, Inner> inner = 14; Size size = 15; repeated Inner many = 16;
      oneof kind { int32 price = 17; string message = 18; } optional int32 zero = 19; string none = 20; }
      message Inner { int64 big = 1; Inner deeper = 2; } enum Size { NONE = 0; L = 2; }`);
    const value = {
      ...{ a: -1, b: 4294967295, c: 7, big: '9007199254740993', huge: '18446744073709551615', fixed: -5 },
      ...{ small: 9007199254740991, f: 0.5, real: 0.1, yes: true, first_name: 'Ada 🥾', raw: '/w==' },
      ...{ numbers: [1, '-9007199254740993'], inner: { '-5': { big: 1, deeper: {} } }, size: 'L' },
      ...{ many: [{ big: 2 }, {}], message: 'x', zero: 0 },
    };
    assert.deepEqual(await back('PROTOBUF', schema, value), { value, message: 'M' });
  });

  it('finds the message by its place in the file', async () => {
    const schema =
      proto(`message A { string x = 1; } message B { message C { message D { int32 n = 1; } } string y = 1; }
      message E { string z = 1; }`);
    const cases: [string, object][] = [
      ['A', { x: '1' }],
      ['B', { y: '1' }],
      ['B.C.D', { n: 1 }],
      ['E', { z: '1' }],
    ];
    for (const [message, value] of cases)
      assert.deepEqual(await back('PROTOBUF', schema, value, { message }), { value, message });
    // The place of the first message is a single zero, and may be written in full as well.
    assert.deepEqual(await readHex('PROTOBUF', schema, '00' + '0a0131'), { x: '1' });
    assert.deepEqual(await readHex('PROTOBUF', schema, '0200' + '0a0131'), { x: '1' });
  });

  it('gives the well-known types as JSON has them', async () => {
    const schema = `syntax = "proto3"; package t; import "google/protobuf/struct.proto";
      import "google/protobuf/timestamp.proto"; import "google/protobuf/wrappers.proto";
      message M { google.protobuf.Struct free = 1; google.protobuf.Timestamp at = 2; google.protobuf.Int64Value big = 3;
        google.protobuf.StringValue empty = 4; google.protobuf.ListValue list = 5; google.protobuf.Timestamp old = 6; }`;
    const value = {
      free: { a: [1, 'x', null, true], b: { c: 0 } },
      at: '2023-11-14T22:13:20.123Z',
      big: '9007199254740993',
      empty: '',
      list: [],
      old: '1969-12-31T23:59:59.500Z',
    };
    assert.deepEqual((await back('PROTOBUF', schema, value)).value, value);
  });

  it('unpacks an Any of a type that the schema knows', async () => {
    const schema = `syntax = "proto3"; package t; import "google/protobuf/any.proto";
      message M { google.protobuf.Any data = 1; google.protobuf.Any other = 2; } message Order { string id = 1; }`;
    const any = (name: string) => {
      const url = Buffer.from(`type.googleapis.com/${name}`).toString('hex');
      const length = (hex: string) => (hex.length / 2).toString(16).padStart(2, '0');
      const body = `0a${length(url)}${url}1203` + '0a0141';
      return length(body) + body;
    };
    assert.deepEqual(await readHex('PROTOBUF', schema, '00' + '0a' + any('t.Order') + '12' + any('t.None')), {
      data: { '@type': 'type.googleapis.com/t.Order', id: 'A' },
      other: { type_url: 'type.googleapis.com/t.None', value: 'CgFB' },
    });
  });

  it('knows the files it imports', async () => {
    const references = [{ name: 'money.proto', schema: proto('message Money { int64 cents = 1; }') }];
    const schema = proto('import "money.proto"; message Order { Money total = 1; }');
    const value = { total: { cents: 5 } };
    assert.deepEqual(await back('PROTOBUF', schema, value, { references }), { value, message: 'Order' });
  });

  it('refuses bytes that do not fit', async () => {
    const schema = proto('message M { string a = 1; }');
    await assert.rejects(readHex('PROTOBUF', schema, '00' + '0a05'), RangeError);
    await assert.rejects(
      readHex('PROTOBUF', schema, '020a'),
      /names message \[5\], and the schema has none there/,
    );
    await assert.rejects(readHex('PROTOBUF', schema, '01'), /does not begin with the place of its message/);
    await assert.rejects(readHex('PROTOBUF', schema, ''), RangeError);
  });
});

describe('the event by the ready-made schemas, read back', () => {
  const view = event({ data: { title: 'Home', views: 3 }, nested: [] });

  it('is what was written', async () => {
    const columns = flattened(view, new Set()) as Record<string, unknown>;
    const avro = (await back('AVRO', walkerosEventSchemas.AVRO, columns)).value as Record<string, unknown>;
    const { value, message } = await back('PROTOBUF', walkerosEventSchemas.PROTOBUF, columns);
    assert.equal(message, 'Event');
    for (const read of [avro, value as Record<string, unknown>])
      for (const name of ['name', 'id', 'timestamp', 'timing', 'data', 'user'])
        assert.deepEqual(read[name], columns[name], name);
    const json = await back('JSON', walkerosEventSchemas.JSON, view);
    assert.deepEqual(json.value, JSON.parse(JSON.stringify(view)));
  });
});
