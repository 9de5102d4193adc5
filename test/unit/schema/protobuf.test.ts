import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import protobuf from 'protobufjs';
import { ValidationError } from '../../../src/schema/validation-error.ts';
import { compileProtobuf } from '../../../src/schema/protobuf/protobuf.ts';

const proto = (body: string): string => `syntax = "proto3"; package t; ${body}`;

function read(text: string, value: unknown): unknown {
  const bytes = compileProtobuf(text).writer(7)(value);
  assert.equal(bytes.subarray(0, 6).toString('hex'), '000000000700');
  const { root } = protobuf.parse(text, { keepCase: true });
  const type = root.lookupType('t.M');
  return type.toObject(type.decode(bytes.subarray(6)), { longs: String, enums: String, bytes: String });
}

function refusal(text: string, value: unknown): string {
  try {
    compileProtobuf(text).writer(7)(value);
  } catch (error) {
    assert.ok(error instanceof ValidationError);
    return `${error.path}: ${error.reason}`;
  }
  return 'fits';
}

describe('Protobuf', () => {
  it('writes each kind of scalar, 64 bits exactly', () => {
    const text = proto(`message M {
      int32 a = 1; uint32 b = 2; sint32 c = 3; fixed32 d = 4; sfixed32 e = 5;
      int64 f = 6; uint64 g = 7; sint64 h = 8; fixed64 i = 9; sfixed64 j = 10;
      float k = 11; double l = 12; bool m = 13; string n = 14; bytes o = 15; }`);
    const value = {
      ...{ a: -1, b: 4294967295, c: -5, d: 4294967295, e: -5 },
      ...{
        f: '-9223372036854775808',
        g: 18446744073709551615n,
        h: '9007199254740993',
        i: '18446744073709551615',
      },
      ...{ j: -9007199254740993n, k: 0.5, l: 0.1, m: true, n: 'Grüße 🥾', o: '/w==' },
    };
    assert.deepEqual(read(text, value), {
      ...value,
      ...{ g: '18446744073709551615', j: '-9007199254740993' },
    });
  });

  it('writes lists, packed and not, maps, messages, enums by name or number', () => {
    const text = proto(`message M {
      repeated int32 numbers = 1; repeated string texts = 2; map<string, Inner> inner = 3; map<int64, bool> flags = 4;
      Inner one = 5; repeated Inner many = 6; repeated Size sizes = 7; repeated int32 loose = 8 [packed = false]; }
      message Inner { int64 big = 1; Inner deeper = 2; } enum Size { NONE = 0; L = 2; }`);
    const value = {
      numbers: [1, 300],
      texts: ['a', ''],
      inner: { x: { big: '9007199254740993' } },
      one: { big: '1', deeper: { big: '2' } },
      many: [{ big: '3' }, {}],
      sizes: ['L', 0],
      loose: [7, 8],
    };
    assert.deepEqual(read(text, value), { ...value, sizes: ['L', 'NONE'] });
    const flags = compileProtobuf(text).writer(1)({ flags: { '-5': true } });
    assert.equal(flags.subarray(6).toString('hex'), '220d' + '08fbffffffffffffffff01' + '1001');
  });

  // Text cut within an emoji was written as bytes that are no UTF-8, and strict readers stood still at that record.
  it('writes a replacement character for half a surrogate, as text, as key and in a Struct', () => {
    const text = `syntax = "proto3"; import "google/protobuf/struct.proto";
      import "google/protobuf/wrappers.proto";
      message M { string a = 1; map<string, string> b = 2; google.protobuf.Struct c = 3; google.protobuf.StringValue d = 4; }`;
    const hex = (value: object) => compileProtobuf(text).writer(7)(value).subarray(6).toString('hex');
    assert.equal(hex({ a: 'a\ud83d' }), '0a04' + '61efbfbd');
    assert.equal(hex({ b: { '\ud83d': '\ude00' } }), '120a' + '0a03efbfbd' + '1203efbfbd');
    assert.equal(hex({ c: { '\ud83d': '\ude00' } }), '1a0e' + '0a0c' + '0a03efbfbd' + '1205' + '1a03efbfbd');
    assert.equal(hex({ d: '\ud83d' }), '2205' + '0a03efbfbd');
    assert.equal(hex({ a: '🥾' }), '0a04' + 'f09fa5be');
  });

  it('leaves out defaults where presence does not count, and keeps them where it does', () => {
    const text = proto(
      'message M { int32 a = 1; optional int32 b = 2; string c = 3; oneof x { int32 d = 4; int32 e = 5; } }',
    );
    const bytes = compileProtobuf(text).writer(7)({ a: 0, b: 0, c: '', d: 0 });
    assert.equal(bytes.toString('hex'), '000000000700' + '1000' + '2000');
    assert.equal(refusal(text, { d: 1, e: 2 }), ': holds "d" and "e", of which there may be one');
    assert.equal(refusal(text, { d: 1, e: null }), 'fits');
  });

  it('does not take what every object inherits for a field', () => {
    const text = proto(
      'message M { string constructor = 1; oneof x { string valueOf = 2; string b = 3; } string to_string = 4; }',
    );
    assert.equal(refusal(text, { b: 'x' }), 'fits');
    assert.deepEqual(read(text, { constructor: 'x' }), { constructor: 'x' });
  });

  it('takes the names of ProtoJSON as well', () => {
    assert.deepEqual(
      read(proto('message M { string first_name = 1; string b = 2 [json_name = "bee"]; }'), {
        firstName: 'Ada',
        bee: 'x',
      }),
      { first_name: 'Ada', b: 'x' },
    );
  });

  it('writes the well-known types from what JSON has for them', () => {
    const text = `syntax = "proto3"; package t; import "google/protobuf/struct.proto";
      import "google/protobuf/timestamp.proto"; import "google/protobuf/wrappers.proto";
      message M { google.protobuf.Struct free = 1; google.protobuf.Timestamp at = 2; google.protobuf.Timestamp on = 3;
        google.protobuf.StringValue some = 4; google.protobuf.Int64Value big = 5; }`;
    const bytes = compileProtobuf(text).writer(1)({
      free: { a: [1, 'x', null, true], b: { c: 2 } },
      at: 1700000000123,
      on: '2023-11-14T22:13:20.123Z',
      some: 'x',
      big: '9007199254740993',
    });
    const root = new protobuf.Root();
    protobuf.parse(text, root);
    for (const file of ['struct', 'timestamp', 'wrappers']) {
      root.addJSON(protobuf.common.get(`google/protobuf/${file}.proto`)?.nested ?? {});
    }
    const type = root.lookupType('t.M');
    const at = { seconds: '1700000000', nanos: 123000000 };
    assert.deepEqual(type.toObject(type.decode(bytes.subarray(6)), { longs: String }), {
      free: {
        fields: {
          a: {
            listValue: {
              values: [{ numberValue: 1 }, { stringValue: 'x' }, { nullValue: 0 }, { boolValue: true }],
            },
          },
          b: { structValue: { fields: { c: { numberValue: 2 } } } },
        },
      },
      at,
      on: at,
      some: { value: 'x' },
      big: { value: '9007199254740993' },
    });
  });

  // In other fields null is what is absent; in these it was dropped, though ProtoJSON has it as a value.
  it('writes null as a value where any JSON may stand', () => {
    const text = `syntax = "proto3"; import "google/protobuf/struct.proto"; message M { google.protobuf.Value v = 1;
      map<string, google.protobuf.Value> m = 2; oneof o { string s = 3; google.protobuf.Value w = 4; } string t = 5;
      google.protobuf.Value long_name = 6; }`;
    const hex = (value: object) => compileProtobuf(text).writer(7)(value).subarray(6).toString('hex');
    assert.equal(hex({ v: null, t: null }), '0a02' + '0800');
    assert.equal(hex({ m: { a: null, b: undefined } }), '1207' + '0a0161' + '1202' + '0800');
    assert.equal(hex({ w: null, s: null }), '2202' + '0800');
    assert.equal(hex({ long_name: null }), '3202' + '0800');
    assert.equal(hex({ longName: null }), '3202' + '0800');
    assert.equal(refusal(text, { w: null, s: 'x' }), ': holds "s" and "w", of which there may be one');
  });

  // Written by their place in the declaration, a copy of Google's file in another order was refused, or lost its values.
  it('writes the parts of a vendored Value by their numbers', () => {
    const vendored = (parts: string) => `syntax = "proto3"; package google.protobuf;
      message Struct { map<string, Value> fields = 1; } message ListValue { repeated Value values = 1; } enum NullValue { NULL_VALUE = 0; }
      message Value { oneof kind { ${parts} } }`;
    const schema = (parts: string) => {
      const reference = { name: 'vendor/struct.proto', schema: vendored(parts) };
      const text = `syntax = "proto3"; import "vendor/struct.proto"; message M { google.protobuf.Value v = 1; }`;
      return compileProtobuf(text, { references: [reference] });
    };
    const most =
      'ListValue list_value = 6; bool bool_value = 4; string string_value = 3; double number_value = 2; NullValue null_value = 1;';
    const hex = (v: unknown) =>
      schema(`${most} Struct struct_value = 5;`).writer(7)({ v }).subarray(6).toString('hex');
    assert.equal(hex('text'), '0a06' + '1a0474657874');
    assert.equal(hex(false), '0a02' + '2000');
    assert.equal(hex(null), '0a02' + '0800');
    assert.equal(hex(['x']), '0a07' + '3205' + '0a03' + '1a0178');
    assert.throws(() => schema(most).writer(7)({ v: { a: 1 } }), /has no field 5/);
  });

  // Date knows milliseconds, and the other digits of a text were lost.
  it('keeps the nanoseconds of a Timestamp', () => {
    const text =
      'syntax = "proto3"; import "google/protobuf/timestamp.proto"; message M { google.protobuf.Timestamp t = 1; }';
    const hex = (t: unknown) => compileProtobuf(text).writer(7)({ t }).subarray(6).toString('hex');
    assert.equal(hex('1970-01-01T00:00:01.123456789Z'), '0a07' + '0801' + '10959aef3a');
    assert.equal(hex('1970-01-01T01:00:01.1234567891+01:00'), '0a07' + '0801' + '10959aef3a');
    assert.equal(hex('1970-01-01T00:00:01.1Z'), '0a07' + '0801' + '1080c2d72f');
    assert.equal(hex('1969-12-31T23:59:59.5Z'), '0a11' + '08ffffffffffffffffff01' + '1080cab5ee01');
    assert.equal(hex('1970-01-01T00:00:01Z'), '0a02' + '0801');
  });

  it('says in front of the value which message it is', () => {
    const text =
      proto(`message A { enum E { X = 0; } message B { } message C { message D { } } map<string, A> m = 1; }
      enum Between { Y = 0; } message Z { }`);
    const frame = (message?: string) =>
      compileProtobuf(text, { message }).writer(1)({}).subarray(5).toString('hex');
    assert.equal(frame(), '00');
    assert.equal(frame('A'), '00');
    assert.equal(frame('Z'), '0202');
    assert.equal(frame('t.A.B'), '040000');
    assert.equal(frame('A.C.D'), '06000200');
    assert.throws(() => frame('A.Q'), /it has no message "A\.Q"/);
    const many = proto(Array.from({ length: 70 }, (_, n) => `message M${n} { }`).join(' '));
    assert.equal(
      compileProtobuf(many, { message: 'M69' }).writer(1)({}).subarray(5).toString('hex'),
      '028a01',
    );
  });

  it('counts only the messages of its own file, though others share the package', () => {
    const references = [
      { name: 'money.proto', schema: proto('message Money { int64 cents = 1; } message Other { }') },
    ];
    const text = proto('import "money.proto"; message Order { Money total = 1; } message Line { }');
    const write = compileProtobuf(text, { references, message: 'Line' }).writer(1);
    assert.equal(write({}).subarray(5).toString('hex'), '0202');
    const order = compileProtobuf(text, { references }).writer(1)({ total: { cents: 5 } });
    assert.equal(order.subarray(5).toString('hex'), '00' + '0a020805');
    assert.throws(() => compileProtobuf(text), /Money/);
  });

  it('names the path and the reason of what does not fit', () => {
    const text = proto(
      'message M { repeated I items = 1; map<string, int32> counts = 2; E e = 3; float f = 4; } message I { int32 price = 1; bytes b = 2; } enum E { X = 0; }',
    );
    const cases: [object, string][] = [
      [{ items: [{ price: 1 }, { price: '1' }] }, 'items[1].price: must be an int32, and is a string'],
      [{ items: [{ price: 2 ** 31 }] }, 'items[0].price: must be an int32, and is out of its range'],
      [{ items: [{ b: 'ä' }] }, 'items[0].b: must be bytes, or text in base64, and is a string'],
      [{ counts: { a: true } }, 'counts.a: must be an int32, and is true'],
      [{ items: {} }, 'items: must be a list, and is an object'],
      [{ e: 'Y' }, 'e: must be one of X'],
      // It was written as infinity.
      [{ f: 1e300 }, 'f: must be a float, and is out of its range'],
      [[], ': must be an object, and is a list'],
    ];
    for (const [value, reason] of cases) assert.equal(refusal(text, value), reason);
    const required = 'syntax = "proto2"; package t; message M { required string id = 1; }';
    assert.equal(refusal(required, {}), 'id: is missing, and must be there');
  });

  it('refuses a schema that it cannot write', () => {
    assert.throws(() => compileProtobuf('syntax = "proto3"; enum E { X = 0; }'), /it has no message/);
    assert.throws(() => compileProtobuf('message {'), /illegal/);
  });
});
