export const schemaTypes = ['AVRO', 'JSON', 'PROTOBUF'] as const;
/** The formats of schemas, by the Schema Registry's own names. */
export type SchemaType = (typeof schemaTypes)[number];

export const compatibilities = [
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
  'NONE',
] as const;
/** What a new version of a schema must stay compatible with; the registry checks it. */
export type Compatibility = (typeof compatibilities)[number];

export interface Schema {
  readonly schemaType: SchemaType;
  readonly schema: string;
}

/** What a schema builds on, by the name it calls it. */
export interface SchemaReference {
  readonly name: string;
  readonly schema: string;
}

/** A rule of a data contract: a condition on values, or what is to be made of them, such as encryption. */
export interface SchemaRule {
  readonly name: string;
  /** Such as `ENCRYPT`, `CEL` or `JSONATA`. */
  readonly type: string;
  /** Of the fields that it is for; empty: it does not go by them. */
  readonly tags: readonly string[];
}

export interface SchemaRules {
  readonly onWrite: readonly SchemaRule[];
  readonly onRead: readonly SchemaRule[];
}

/** A schema with all that it builds on. */
export interface ResolvedSchema extends Schema {
  /** Each stands after what it builds on itself. */
  readonly references: readonly SchemaReference[];
  readonly rules?: SchemaRules;
}

/** Names a schema: by its number in one registry, or by the UUID that it has in all of Confluent's. */
export type SchemaId = number | string;

/** A schema under a subject. `id` is what stands in front of each value that is written with it. */
export interface RegisteredSchema extends ResolvedSchema {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  /** Where the registry gives schemas one, as Confluent's does from 8.0 on. */
  readonly guid?: string;
}
