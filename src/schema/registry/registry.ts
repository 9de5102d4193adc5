import { z } from 'zod';
import { KafkaError } from '../../model/errors.ts';
import { jsonIn } from '../../model/foreign.ts';
import {
  schemaTypes,
  type Compatibility,
  type RegisteredSchema,
  type ResolvedSchema,
  type Schema,
  type SchemaId,
  type SchemaRules,
} from '../../model/schema.ts';
import { RegistryCaller, type Call, type RegistryOptions } from './caller.ts';
import { faultOfContent, type Fault } from './errors.ts';
import { isGuid } from '../schema-id.ts';
import { resolveReferences, type ReferenceTo } from './references.ts';
import { ruleSet, rulesOf } from './rule-set.ts';
import { SharedCache } from './shared-cache.ts';

/** A registry leaves the type out where it is Avro, its first. */
const schemaType = z.enum(schemaTypes).default('AVRO');
const guid = z
  .unknown()
  .optional()
  .transform((value) => (isGuid(value) ? { guid: value } : undefined));
const found = z.object({ id: z.int(), version: z.int(), guid, ruleSet });
const references = z
  .array(z.object({ name: z.string(), subject: z.string(), version: z.int() }))
  .nullish()
  .transform((listed) => listed ?? []);
const version = z.object({
  id: z.int(),
  version: z.int(),
  guid,
  schema: z.string(),
  schemaType,
  references,
  ruleSet,
});
const byId = z.object({ schema: z.string(), schemaType, references, ruleSet });
const onlyRules = z.object({ ruleSet });
/** Confluent's registry gives its reasons in `messages`, Apicurio in `reason`, which is null where there is none. */
const verdict = z.object({
  is_compatible: z.boolean(),
  messages: z.array(z.string()).nullish(),
  reason: z.string().nullish(),
});

const level = z.object({ compatibilityLevel: z.string() });
const numbers = z.array(z.int());

const isMissing = ({ code }: Fault): boolean => code === 'SCHEMA_MISSING';
const isConflict = ({ code }: Fault): boolean => code === 'SCHEMA_INCOMPATIBLE';
/** Of the subject, or of the path itself. */
const isNotThere = ({ status }: Fault): boolean => status === 404 || status === 405;

/**
 * A Confluent Schema Registry, or one with its REST API. What is registered never changes, so each answer is asked for
 * once, however many ask at a time; only "latest" does, and is asked for each time.
 */
export class Registry {
  readonly #caller: RegistryCaller;
  readonly #found = new SharedCache<RegisteredSchema>();
  readonly #versions = new SharedCache<z.output<typeof version>>();
  readonly #byId = new SharedCache<ResolvedSchema>();
  readonly #latest = new SharedCache<RegisteredSchema>();

  constructor(options: RegistryOptions) {
    this.#caller = new RegistryCaller(options);
  }

  /**
   * Registers a schema; one that is there already keeps its id.
   * @throws KafkaError SCHEMA_INCOMPATIBLE or SCHEMA_INVALID with the registry's reason, REGISTRY_…
   */
  async register(subject: string, schema: Schema): Promise<RegisteredSchema> {
    const what = `register the schema under subject "${subject}"`;
    const call: Call = { method: 'POST', path: `${pathOf(subject)}/versions`, body: bodyOf(schema), what };
    // Apicurio also answers so to some of those that register under one subject at once, and takes theirs when asked again.
    for (const accepts of [isConflict, isConflict, undefined])
      if (await this.#caller.ask({ ...call, accepts })) break;
    // Its answer tells no version, and may be empty.
    const registered = await this.find(subject, schema);
    if (registered !== undefined) return registered;
    throw new KafkaError(
      'REGISTRY_FAILED',
      `The Schema Registry could not ${what}: it took it, and does not have it.`,
    );
  }

  /** A schema under its subject by its text; undefined where it is not registered there. */
  find(subject: string, schema: Schema): Promise<RegisteredSchema | undefined> {
    return this.#found.get(keyOf(subject, schema.schemaType, schema.schema), async () => {
      const what = `look up the schema under subject "${subject}"`;
      const call: Call = {
        method: 'POST',
        path: pathOf(subject),
        body: bodyOf(schema),
        what,
        accepts: isMissing,
      };
      const answer = await this.#read(call, found);
      if (answer === undefined) return undefined;
      const { ruleSet: rules, guid: named, ...place } = answer;
      return { ...schema, ...place, ...named, subject, references: [], ...known(rulesOf(rules)) };
    });
  }

  /** The newest version of a subject, asked for each time. */
  latest(subject: string): Promise<RegisteredSchema | undefined> {
    return this.#latest.share(keyOf(subject), async () => {
      const answer = await this.#read(versionCall(subject, 'latest'), version);
      if (answer === undefined) return undefined;
      const { ruleSet: rules, references: listed, guid: named, ...schema } = answer;
      const references = await this.#resolve({ subject, version: schema.version }, listed);
      return { ...schema, ...named, subject, references, ...known(rulesOf(rules)) };
    });
  }

  /** The rules of a subject's newest version, asked for each time. Undefined where there are none. */
  async latestRules(subject: string): Promise<SchemaRules | undefined> {
    const call = { ...versionCall(subject, 'latest'), accepts: isNotThere };
    return rulesOf((await this.#read(call, onlyRules))?.ruleSet);
  }

  /** Undefined where no schema has this id. */
  byId(id: SchemaId): Promise<ResolvedSchema | undefined> {
    return this.#byId.get(String(id), async () => {
      const what = `look up the schema of id ${id}`;
      const call: Call =
        typeof id === 'number'
          ? { method: 'GET', path: `/schemas/ids/${id}`, what, accepts: isMissing }
          : { method: 'GET', path: `/schemas/guids/${id}`, what, accepts: isNotThere };
      const answer = await this.#read(call, byId);
      if (answer === undefined) return undefined;
      const { ruleSet: rules, references: listed, ...schema } = answer;
      return { ...schema, references: await this.#resolve({ id }, listed), ...known(rulesOf(rules)) };
    });
  }

  /** Why the schema could not be registered under its subject; empty where it could, or would be the first. */
  async incompatibilities(subject: string, schema: Schema): Promise<readonly string[]> {
    const compare = (versions: string, accepts: NonNullable<Call['accepts']>) => {
      const path = `/compatibility${pathOf(subject)}/${versions}?verbose=true`;
      const what = `compare the schema with subject "${subject}"`;
      return this.#read({ method: 'POST', path, body: bodyOf(schema), what, accepts }, verdict);
    };
    // As registering does, with all versions where the level is a transitive one. Not every registry has that path (Karapace).
    const all = await compare('versions', isNotThere);
    if (all !== undefined) return reasonsOf(all);
    const latest = await compare('versions/latest', isMissing);
    if (latest === undefined || !latest.is_compatible || !(await this.#isTransitive(subject)))
      return latest === undefined ? [] : reasonsOf(latest);
    for (const number of await this.#earlierVersions(subject)) {
      const answer = await compare(`versions/${number}`, isMissing);
      if (answer?.is_compatible === false)
        return reasonsOf(answer).map((reason) => `version ${number}: ${reason}`);
    }
    return [];
  }

  /** What later versions of a subject must stay compatible with. */
  async setCompatibility(subject: string, compatibility: Compatibility): Promise<void> {
    const what = `set the compatibility of subject "${subject}" to ${compatibility}`;
    const path = `/config/${encodeURIComponent(subject)}`;
    await this.#caller.ask({ method: 'PUT', path, body: { compatibility }, what });
  }

  async #isTransitive(subject: string): Promise<boolean> {
    const what = `look up the compatibility of subject "${subject}"`;
    const read = (path: string) =>
      this.#read({ method: 'GET', path: `/config${path}`, what, accepts: isNotThere }, level);
    const { compatibilityLevel = 'BACKWARD' } =
      (await read(`/${encodeURIComponent(subject)}`)) ?? (await read('')) ?? {};
    return compatibilityLevel.endsWith('_TRANSITIVE');
  }

  /** Before the latest, newest first. */
  async #earlierVersions(subject: string): Promise<readonly number[]> {
    const what = `list the versions of subject "${subject}"`;
    const call: Call = { method: 'GET', path: `${pathOf(subject)}/versions`, what, accepts: isMissing };
    return (await this.#read(call, numbers))?.toReversed().slice(1) ?? [];
  }

  #resolve(root: Parameters<typeof resolveReferences>[0], listed: readonly ReferenceTo[]) {
    return resolveReferences(root, listed, ({ subject, version: number }) =>
      this.#versions.get(keyOf(subject, String(number)), () =>
        this.#read(versionCall(subject, String(number)), version),
      ),
    );
  }

  /** Undefined for a fault that the call accepts. */
  async #read<Shape extends z.ZodType>(call: Call, shape: Shape): Promise<z.output<Shape> | undefined> {
    const asked = await this.#caller.ask(call);
    if (asked === undefined) return undefined;
    const parsed = shape.safeParse(jsonIn(asked.answer.text));
    if (parsed.success) return parsed.data;
    throw this.#caller.error(call.what, asked.url, faultOfContent(asked.answer));
  }
}

/** Empty: it is compatible. */
function reasonsOf({
  is_compatible: isCompatible,
  messages,
  reason,
}: z.output<typeof verdict>): readonly string[] {
  if (isCompatible) return [];
  return messages && messages.length > 0 ? messages : [reason ?? 'the registry gives no reason'];
}

function versionCall(subject: string, number: string): Call {
  const what = `look up version ${number} of subject "${subject}"`;
  return { method: 'GET', path: `${pathOf(subject)}/versions/${number}`, what, accepts: isMissing };
}

const known = (rules: SchemaRules | undefined) => rules && { rules };

function pathOf(subject: string): string {
  return `/subjects/${encodeURIComponent(subject)}`;
}

/** The type is said for Avro too: left to guess, Apicurio takes what is no Avro for JSON Schema, and registers it. */
function bodyOf({ schema, schemaType }: Schema): object {
  return { schema, schemaType };
}

/** Subjects hold any character but this. */
function keyOf(...parts: readonly string[]): string {
  return parts.join('\u0000');
}
