import type { Compile, CompileReader } from '../format.ts';
import { framing } from '../framing.ts';
import { Readers } from './readers.ts';
import { parse } from './schema.ts';
import { Sink } from './sink.ts';
import { Source } from './source.ts';
import { Writers } from './writers.ts';

const sink = new Sink();

/** Avro, parsed by avsc. */
export const compileAvro: Compile = (text, { references = [] } = {}) => {
  const schema = parse(text, references);
  const write = new Writers(schema).of(schema.type);
  return {
    name: schema.type.name,
    writer(schemaId) {
      const frame = framing(schemaId);
      return (value) => {
        sink.begin(frame);
        write(value, sink);
        return sink.take();
      };
    },
  };
};

export const avroReader: CompileReader = (text, references) => {
  const schema = parse(text, references);
  const read = new Readers(schema).of(schema.type);
  return (payload) => {
    const source = new Source(payload);
    const value = read(source);
    if (source.left > 0) throw new Error(`${source.left} bytes are left over`);
    return { value };
  };
};
