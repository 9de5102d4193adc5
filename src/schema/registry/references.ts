import { KafkaError } from '../../model/errors.ts';
import type { SchemaReference } from '../../model/schema.ts';

/** A reference as a registry lists it. */
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

/** What one schema builds on, directly and through others. Registries may hold circles, whatever they promise. */
export class References {
  readonly #root: Place | { readonly id: number };
  readonly #lookUp: (place: Place) => Promise<Version | undefined>;
  /** In the order in which they are complete; by name, since a schema knows each by its name. */
  readonly #resolved = new Map<string, string>();
  #text = 0;

  /** @param lookUp answers undefined for what is not there */
  constructor(root: Place | { readonly id: number }, lookUp: (place: Place) => Promise<Version | undefined>) {
    this.#root = root;
    this.#lookUp = lookUp;
  }

  /**
   * @returns each after what it builds on itself; of two with the same name the first
   * @throws KafkaError SCHEMA_MISSING, SCHEMA_INVALID for a circle or for too many
   */
  async resolve(listed: readonly ReferenceTo[]): Promise<SchemaReference[]> {
    await this.#visit(listed, 'id' in this.#root ? [] : [this.#root]);
    return Array.from(this.#resolved, ([name, schema]) => ({ name, schema }));
  }

  async #visit(listed: readonly ReferenceTo[], way: readonly Place[]): Promise<void> {
    for (const { name, ...place } of listed) {
      const start = way.findIndex(
        ({ subject, version }) => subject === place.subject && version === place.version,
      );
      if (start !== -1) throw this.#circle([...way.slice(start), place]);
      if (this.#resolved.has(name)) continue;
      const found = await this.#lookUp(place);
      if (found === undefined) throw this.#missing(place);
      if (way.length >= mostReferences) throw this.#tooMany();
      await this.#visit(found.references, [...way, place]);
      if (this.#resolved.has(name)) continue;
      this.#resolved.set(name, found.schema);
      this.#text += found.schema.length;
      if (this.#resolved.size > mostReferences || this.#text > mostText) throw this.#tooMany();
    }
  }

  #circle(places: readonly Place[]): KafkaError {
    const names = places.map(({ subject, version }) => `"${subject}" version ${version}`);
    const way = (names.length > 10 ? [...names.slice(0, 8), '…', ...names.slice(-1)] : names).join(' → ');
    return new KafkaError(
      'SCHEMA_INVALID',
      `The schema ${this.#whose} refers to itself, in a circle: ${way}. Register a version without it.`,
    );
  }

  #missing({ subject, version }: Place): KafkaError {
    return new KafkaError(
      'SCHEMA_MISSING',
      `The schema ${this.#whose} refers to version ${version} of subject "${subject}", ` +
        'which the Schema Registry does not have.',
    );
  }

  #tooMany(): KafkaError {
    return new KafkaError(
      'SCHEMA_INVALID',
      `The schema ${this.#whose} builds on more than ${mostReferences} others, or on more than ` +
        `${mostText} characters of them: register one that builds on fewer.`,
    );
  }

  get #whose(): string {
    return 'id' in this.#root ? `of id ${this.#root.id}` : `of subject "${this.#root.subject}"`;
  }
}
