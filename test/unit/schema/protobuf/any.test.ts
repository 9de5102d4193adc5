import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ValidationError } from '../../../../src/schema/validation-error.ts';
import { compileProtobuf, protobufReader } from '../../../../src/schema/protobuf/protobuf.ts';

const schema = `syntax = "proto3"; package a; import "google/protobuf/any.proto"; import "google/protobuf/timestamp.proto";
  import "google/protobuf/struct.proto"; import "google/protobuf/duration.proto"; import "google/protobuf/wrappers.proto";
  message M { google.protobuf.Any any = 1; } message Order { string id = 1; int64 big = 2; google.protobuf.Any more = 3; }`;

const write = (any: unknown): Buffer => compileProtobuf(schema).writer(7)({ any }).subarray(6);

/** Google's prefix. */
const of = (name: string): string => `type.googleapis.com/${name}`;

/** The field, with its two parts. */
function packed(url: string, value: string): string {
  const part = (tag: string, hex: string) =>
    hex === '' ? '' : tag + (hex.length / 2).toString(16).padStart(2, '0') + hex;
  return part('0a', part('0a', Buffer.from(url).toString('hex')) + part('12', value));
}

function refusal(any: unknown): string {
  try {
    write(any);
  } catch (error) {
    assert.ok(error instanceof ValidationError);
    return `${error.path}: ${error.reason}`;
  }
  return 'fits';
}

// Its properties are none of its fields, and so an Any was written empty without a word.
describe('an Any', () => {
  it('is packed where the schema knows the type, as message or as ProtoJSON has it', () => {
    const cases: [object, string][] = [
      [{ '@type': of('a.Order'), id: 'A' }, packed(of('a.Order'), '0a0141')],
      [{ '@type': 'shop.example/a.Order', id: 'A' }, packed('shop.example/a.Order', '0a0141')],
      [{ '@type': 'a.Order', id: 'A' }, packed(of('a.Order'), '0a0141')],
      [{ '@type': of('a.Order') }, packed(of('a.Order'), '')],
      [
        { '@type': of('google.protobuf.Timestamp'), value: '1970-01-01T00:00:01Z' },
        packed(of('google.protobuf.Timestamp'), '0801'),
      ],
      [
        { '@type': of('google.protobuf.Int64Value'), value: '5' },
        packed(of('google.protobuf.Int64Value'), '0805'),
      ],
      [
        { '@type': of('google.protobuf.Duration'), value: { seconds: 5 } },
        packed(of('google.protobuf.Duration'), '0805'),
      ],
    ];
    for (const [value, hex] of cases) assert.equal(write(value).toString('hex'), hex, JSON.stringify(value));
  });

  it('may be as it lies in the message, and empty', () => {
    assert.equal(write({ type_url: 'x/y', value: 'AQI=' }).toString('hex'), packed('x/y', '0102'));
    assert.equal(write({}).toString('hex'), '0a00');
  });

  it('is refused where its type is unknown or not said', () => {
    const unknown = 'must name a message of the schema or of its references, by its full name';
    for (const url of [of('a.None'), of('Order'), of(''), ''])
      assert.equal(refusal({ '@type': url, id: 'A' }), `any.@type: ${unknown}`);
    assert.equal(refusal({ '@type': 5 }), 'any.@type: must be a string, and is a whole number');
    assert.equal(refusal({ id: 'A' }), 'any: must say of which type it is, with "@type", and has "id"');
    assert.equal(refusal('A'), 'any: must be an object with "@type", and is a string');
  });

  it('names the path within it', () => {
    const more = { '@type': of('a.Order'), id: 5 };
    assert.equal(
      refusal({ '@type': of('a.Order'), more }),
      'any.more.id: must be a string, and is a whole number',
    );
    assert.equal(
      refusal({ '@type': of('google.protobuf.Duration'), value: '1.5s' }),
      'any.value: must be an object, and is a string',
    );
    assert.match(refusal({ '@type': of('google.protobuf.Timestamp') }), /^any\.value: is missing/);
  });

  it('is read back as it was written', () => {
    const read = protobufReader(schema, []);
    const order = { id: 'A', big: '9007199254740993' };
    for (const any of [
      { '@type': of('a.Order'), ...order, more: { '@type': of('a.Order'), big: 5 } },
      { '@type': of('google.protobuf.Timestamp'), value: '2023-11-14T22:13:20.123456789Z' },
      { '@type': of('google.protobuf.Struct'), value: { a: [1, null, { b: 'x' }] } },
      { '@type': of('google.protobuf.Duration'), value: { seconds: 5 } },
    ]) {
      const bytes = Buffer.concat([Buffer.of(0), write(any)]);
      assert.deepEqual(read(bytes).value, { any });
    }
  });
});
