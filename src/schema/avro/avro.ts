import { type Compile, type CompileReader, framing } from '../format.ts';
import { Readers } from './readers.ts';
import { parse } from './schema.ts';
import { Encoder } from './encoder.ts';
import { Decoder } from './decoder.ts';
import { Writers } from './writers.ts';

const encoder = new Encoder();

/** Avro, parsed by avsc. */
export const compileAvro: Compile = (text, { references = [] } = {}) => {
  const schema = parse(text, references);
  const write = new Writers(schema).of(schema.type);
  return {
    name: schema.type.name,
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

export const avroReader: CompileReader = (text, references) => {
  const schema = parse(text, references);
  const read = new Readers(schema).of(schema.type);
  return (payload) => {
    const decoder = new Decoder(payload);
    const value = read(decoder);
    if (decoder.left > 0) throw new Error(`${decoder.left} bytes are left over`);
    return { value };
  };
};
