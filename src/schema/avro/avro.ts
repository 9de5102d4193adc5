import avsc, { type Type } from 'avsc';
import type { Compile, CompileReader } from '../format.ts';
import { framing } from '../schema-id.ts';
import { readerOf, Decoder } from './readers.ts';
import { parse } from './schema.ts';
import { Encoder } from './encoder.ts';
import { writerOf } from './writers.ts';

const encoder = new Encoder();

export const compileAvro: Compile = (text, { references = [] } = {}) => {
  const schema = parse(text, references);
  const write = writerOf(schema);
  return {
    name: schema.type.name,
    typedFields: typedFields(schema.type),
    writer(schemaId) {
      const frame = framing(schemaId);
      return (value) => {
        encoder.begin(frame);
        write(value, encoder);
        return encoder.take();
      };
    },
  };
};

function typedFields(record: Type): ReadonlySet<string> {
  const fields = record instanceof avsc.types.RecordType ? record.fields : [];
  const isTexts = (type: Type): boolean =>
    type instanceof avsc.types.MapType && type.valuesType instanceof avsc.types.StringType;
  return new Set(fields.filter(({ type }) => !isTexts(type)).map(({ name }) => name));
}

export const avroReader: CompileReader = (text, references) => {
  const schema = parse(text, references);
  const read = readerOf(schema);
  return (payload) => {
    const decoder = new Decoder(payload);
    const value = read(decoder);
    if (decoder.left > 0) throw new Error(`${decoder.left} bytes are left over`);
    return { value };
  };
};
