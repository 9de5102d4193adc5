import assert from 'node:assert/strict';
import { it } from 'node:test';
import { compileProtobuf } from '../../../../src/schema/protobuf/protobuf.ts';

// Some clients register the compiled file: "illegal token 'CgdhLnByb3Rv…'" helped nobody.
it('a Protobuf schema that is a compiled descriptor in base64 is called that, also among the references', () => {
  const descriptor = 'CgdhLnByb3RvIg4KAUESCQoBYhgBIAEoCWIGcHJvdG8z';
  const says = {
    message:
      'it is a compiled descriptor in base64, and only the text of a .proto file is read: register it as that',
  };
  assert.throws(() => compileProtobuf(descriptor), says);
  const references = [{ name: 'a.proto', schema: `${descriptor}\n` }];
  assert.throws(() => compileProtobuf('syntax = "proto3"; message B {}', { references }), says);
});
