import avsc, { type Type } from 'avsc';
import type { SchemaReference } from '../../vocabulary/schema.ts';
import type { Compile, CompileReader } from '../format.ts';
import { framing } from '../framing.ts';
import { Readers } from './readers.ts';
import { Sink } from './sink.ts';
import { Source } from './source.ts';
import { Writers } from './writers.ts';

const sink = new Sink();

/** Avro, parsed by avsc. */
export const compileAvro: Compile = (text, { references = [] } = {}) => {
  const type = typeOf(text, references);
  const write = new Writers().of(type);
  return {
    name: type.name,
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
  const read = new Readers().of(typeOf(text, references));
  return (payload) => {
    const source = new Source(payload);
    const value = read(source);
    if (source.left > 0) throw new Error(`${source.left} bytes are left over`);
    return { value };
  };
};

function typeOf(text: string, references: readonly SchemaReference[]): Type {
  const known: Record<string, Type> = {};
  for (const { schema } of references) parse(schema, known);
  return parse(text, known);
}

/**
 * Unions come wrapped, for only so avsc takes all of them; the writers never ask it to write one. Logical types are
 * what they stand for: a timestamp is its number.
 */
function parse(text: string, registry: Record<string, Type>): Type {
  return avsc.Type.forSchema(JSON.parse(text) as avsc.Schema, {
    registry,
    wrapUnions: true,
    logicalTypes: {},
  });
}
