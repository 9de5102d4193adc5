import { onOneLine, type FramedReaders } from './decode.ts';
import type { NamedRegistry } from '../../config/mapping.ts';
import type { ResolvedSchema, SchemaId, SchemaType } from '../../model/schema.ts';
import { loadReader } from '../../schema/load-format.ts';
import { Registry } from '../../schema/registry/registry.ts';
import { rulesText } from '../../schema/registry/rule-set.ts';

/**
 * Readers for the values of a topic. An id belongs to one registry: those that the topic's values are written with are asked
 * first, then the others.
 * @param closing ends the requests
 * @param onRules called once for each schema with rules for readers: they are not carried out
 */
export function schemaReaders(
  named: readonly NamedRegistry[],
  topic: string,
  closing: AbortSignal,
  onRules: (message: string) => void = () => undefined,
): FramedReaders | undefined {
  if (named.length === 0) return undefined;
  const registries = named
    .toSorted((one, other) => Number(writes(other, topic)) - Number(writes(one, topic)))
    .map(({ facts }) => new Registry({ ...facts, retries: 0, closing }));
  return {
    async of(id) {
      for (const registry of registries) {
        const schema = await registry.byId(id);
        if (schema === undefined) continue;
        const { onRead = [] } = schema.rules ?? {};
        if (onRead.length > 0) {
          onRules(
            `The schema of id ${id} has rules for who reads, which are not carried out here: ${rulesText(onRead)}. ` +
              'Its values are shown as they are stored: what was encrypted stays so.',
          );
        }
        return readerOf(id, schema);
      }
      return undefined;
    },
  };
}

function writes({ uses }: NamedRegistry, topic: string): boolean {
  return uses.some((use) => use.topic === topic);
}

async function readerOf(id: SchemaId, { schemaType, schema, references }: ResolvedSchema) {
  const compile = await loadReader(schemaType);
  const read = compile(schema, references);
  const label = `${labels[schemaType]} ${id}`;
  return (payload: Buffer) => {
    const { value, message, json } = read(payload);
    const format = message === undefined ? label : `${label} ${message}`;
    return { format, value, json: json === undefined ? undefined : onOneLine(json) };
  };
}

const labels: Readonly<Record<SchemaType, string>> = {
  AVRO: 'avro',
  JSON: 'json-schema',
  PROTOBUF: 'protobuf',
};
