import protobuf from 'protobufjs';
import type { Compile, CompileReader } from '../format.ts';
import { framing } from '../framing.ts';
import { at, find, first, parse } from './file.ts';
import { messageIndexes } from './message-indexes.ts';
import { Messages } from './messages.ts';
import { plainOf } from './plain.ts';

/** Protobuf (2, 3, editions), parsed by protobufjs from `.proto` text. */
export const compileProtobuf: Compile = (text, { references = [], message } = {}) => {
  const file = parse(text, references);
  const { type, indexes } = message === undefined ? first(file) : find(file, message);
  const write = new Messages().of(type);
  return {
    name: type.fullName.slice(1),
    writer(schemaId) {
      const frame = framing(schemaId, indexes);
      return (value) => {
        const writer = protobuf.Writer.create();
        write(value, writer);
        return Buffer.concat([frame, writer.finish()]);
      };
    },
  };
};

export const protobufReader: CompileReader = (text, references) => {
  const file = parse(text, references);
  return (payload) => {
    const { indexes, size } = messageIndexes(payload);
    const { type, name } = at(file, indexes);
    return { value: plainOf(type, type.decode(payload.subarray(size))), message: name };
  };
};
