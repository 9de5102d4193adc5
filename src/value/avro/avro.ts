import avsc, { type Type } from 'avsc';
import type { Compile } from '../format.ts';
import { framing } from '../framing.ts';
import { Sink } from './sink.ts';
import { Writers } from './writers.ts';

const sink = new Sink();

/** Avro, parsed by avsc. */
export const compileAvro: Compile = (text, { references = [] } = {}) => {
  const known: Record<string, Type> = {};
  for (const { schema } of references) parse(schema, known);
  const type = parse(text, known);
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
