import type { Compile, CompileReader } from '../format.ts';
import { framing } from '../schema-id.ts';
import { at, find, first, parse } from './file.ts';
import { messageWriter } from './messages.ts';
import { plainOf } from './message-json.ts';
import protobuf from 'protobufjs';

export const compileProtobuf: Compile = (text, { references = [], message } = {}) => {
  const file = parse(text, references);
  const { type, indexes } = message === undefined ? first(file) : find(file, message);
  const write = messageWriter(type);
  return {
    name: type.fullName.slice(1),
    indexes,
    typedFields: new Set(type.fieldsArray.filter((field) => !isTexts(field)).map(({ name }) => name)),
    writer(schemaId) {
      const frame = framing(schemaId, indexes);
      return (value) => {
        const writer = protobuf.Writer.create().raw(frame);
        write(value, writer);
        return writer.finishInto(Buffer.allocUnsafe(writer.pos));
      };
    },
  };
};

const isTexts = (field: protobuf.Field): boolean =>
  field instanceof protobuf.MapField && field.type === 'string';

export const protobufReader: CompileReader = (text, references) => {
  const file = parse(text, references);
  return (payload) => {
    const { indexes, size } = messageIndexes(payload);
    const { type, name } = at(file, indexes);
    return { value: plainOf(type, type.decode(payload.subarray(size))), message: name };
  };
};

/**
 * Which message of the schema's file it is: outermost first, as `framing` writes it.
 * @returns `size`: the bytes it takes
 * @throws Error where the bytes hold none
 */
function messageIndexes(payload: Buffer): { indexes: readonly number[]; size: number } {
  const reader = protobuf.Reader.create(payload);
  const count = reader.sint32();
  // Most messages are the first of their file, and that is a single zero.
  if (count === 0) return { indexes: [0], size: reader.pos };
  if (count < 0 || count > payload.length) throw new Error('it does not begin with the place of its message');
  const indexes = Array.from({ length: count }, () => reader.sint32());
  return { indexes, size: reader.pos };
}
