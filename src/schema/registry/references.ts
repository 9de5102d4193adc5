import { KafkaError } from '../../model/errors.ts';
import type { SchemaId, SchemaReference } from '../../model/schema.ts';

export interface ReferenceTo {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

interface Version {
  readonly schema: string;
  readonly references: readonly ReferenceTo[];
}

type Place = Omit<ReferenceTo, 'name'>;

/** Far more than any schema has: each is a request, and all of them are held. Characters. */
const mostReferences = 1_000;
const mostText = 16 * 1024 * 1024;

/**
 * What a schema builds on, directly and through others. Registries may hold circles, whatever they promise.
 * @param listed the schema's own references
 * @param lookUp answers undefined for what is not there
 * @returns each after what it builds on itself; of two with the same name the first, since a schema knows each by its name
 * @throws KafkaError SCHEMA_MISSING, SCHEMA_INVALID for a circle or for too many
 */
export async function resolveReferences(
  root: Place | { readonly id: SchemaId },
  listed: readonly ReferenceTo[],
  lookUp: (place: Place) => Promise<Version | undefined>,
): Promise<SchemaReference[]> {
  const schema = 'id' in root ? `The schema of id ${root.id}` : `The schema of subject "${root.subject}"`;
  const resolved = new Map<string, string>();
  let characters = 0;

  async function visit(references: readonly ReferenceTo[], path: readonly Place[]): Promise<void> {
    for (const { name, ...place } of references) {
      const start = path.findIndex(
        ({ subject, version }) => subject === place.subject && version === place.version,
      );
      if (start !== -1) throw circle([...path.slice(start), place]);
      if (resolved.has(name)) continue;
      const found = await lookUp(place);
      if (found === undefined) throw missing(place);
      if (path.length >= mostReferences) throw tooMany();
      await visit(found.references, [...path, place]);
      if (resolved.has(name)) continue;
      resolved.set(name, found.schema);
      characters += found.schema.length;
      if (resolved.size > mostReferences || characters > mostText) throw tooMany();
    }
  }

  function circle(places: readonly Place[]): KafkaError {
    const names = places.map(({ subject, version }) => `"${subject}" version ${version}`);
    const way = (names.length > 10 ? [...names.slice(0, 8), '…', ...names.slice(-1)] : names).join(' → ');
    const message = `${schema} refers to itself, in a circle: ${way}. Register a version without it.`;
    return new KafkaError('SCHEMA_INVALID', message);
  }

  function missing({ subject, version }: Place): KafkaError {
    return new KafkaError(
      'SCHEMA_MISSING',
      `${schema} refers to version ${version} of subject "${subject}", which the Schema Registry does not have.`,
    );
  }

  function tooMany(): KafkaError {
    return new KafkaError(
      'SCHEMA_INVALID',
      `${schema} builds on more than ${mostReferences} others, or on more than ${mostText} characters of them: register one ` +
        'that builds on fewer.',
    );
  }

  await visit(listed, 'id' in root ? [] : [root]);
  return Array.from(resolved, ([name, text]) => ({ name, schema: text }));
}
