import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileProtobuf } from '../../../../src/schema/protobuf/protobuf.ts';

describe('a Protobuf file', () => {
  // Options that mark personal data are common, and no schema with such could be used ("unresolvable extensions").
  it('may have custom options, its own or those of a reference', () => {
    const options = (name: string) => `syntax = "proto3"; import "google/protobuf/descriptor.proto";
      package ${name}; extend google.protobuf.FieldOptions { string pii = 50000; }`;
    const own = `${options('a')} message A { string s = 1 [(pii) = "yes"]; }`;
    const written = '000000000100' + '0a0178';
    assert.equal(compileProtobuf(own).writer(1)({ s: 'x' }).toString('hex'), written);
    const other = 'syntax = "proto3"; import "opts.proto"; message A { string s = 1 [(o.pii) = "yes"]; }';
    const references = [{ name: 'opts.proto', schema: options('o') }];
    assert.equal(compileProtobuf(other, { references }).writer(1)({ s: 'x' }).toString('hex'), written);
  });

  it('is not led astray by a registry that lists the files of Google as well', () => {
    const timestamp = `syntax = "proto3"; package google.protobuf;
      message Timestamp { int64 seconds = 1; int32 nanos = 2; }`;
    const importing = 'syntax = "proto3"; import "google/protobuf/timestamp.proto";';
    const references = [
      {
        name: 'a.proto',
        schema: `${importing} package a; message A { google.protobuf.Timestamp at = 1; }`,
      },
      { name: 'google/protobuf/timestamp.proto', schema: timestamp },
    ];
    const text = `${importing} import "a.proto"; message M { a.A a = 1; google.protobuf.Timestamp at = 2; }`;
    for (const order of [references, references.toReversed()]) {
      const write = compileProtobuf(text, { references: order }).writer(1);
      assert.equal(
        write({ a: { at: 1_000 }, at: 2_000 }).toString('hex'),
        '000000000100' + '0a040a020801' + '12020802',
      );
    }
  });
});
