import { entriesOf, isNamed, jsonIn } from '../../model/foreign.ts';
import type { SchemaType } from '../../model/schema.ts';
import { contractInAvro } from './contract-avro.ts';
import { contractInProtobuf } from './contract-protobuf.ts';
import { shapesOf, type Fault } from './contract-shape.ts';
import { jsonSchema } from './schemas.ts';

type Json = Readonly<Record<string, unknown>>;

/** The event's schema with a contract in it, or what about the contract the format cannot have. */
export type ContractSchema = { readonly schema: string } | { readonly faults: readonly Fault[] };

/**
 * What a walkerOS contract says of an event, wrapped into the event's own schema. Undefined for any other text: what reaches a
 * destination of `$contract.web.events.order.complete` is the JSON Schema alone, and nothing says where it comes from.
 */
export function contractSchema(type: SchemaType, text: string): ContractSchema | undefined {
  const contract = contractIn(text);
  if (contract === undefined) return undefined;
  if (type === 'JSON') return wrapped(contract);
  const { shapes, faults } = shapesOf(contract);
  const { schema, faults: ofFormat } = type === 'AVRO' ? contractInAvro(shapes) : contractInProtobuf(shapes);
  const all = [...faults, ...ofFormat];
  return all.length > 0 ? { faults: all } : { schema };
}

/** Parts of an event. What describes its name, id or time as well is as likely a schema of mapped data. */
const parts = ['data', 'context', 'globals', 'custom', 'user', 'consent', 'source', 'nested'];
const columns: ReadonlySet<string> = new Set([...parts, 'entity', 'action', 'trigger', 'timing']);

/**
 * A JSON Schema of some parts of an event, and of nothing else. One that has a name or an id, or describes anything else, is its
 * author's own: as JSON Schema it is taken as it is.
 */
function contractIn(text: string): Json | undefined {
  if (!text.startsWith('{')) return undefined;
  const schema = jsonIn(text);
  if (!isNamed(schema) || ['$schema', '$id', 'id', 'title'].some((name) => name in schema)) return undefined;
  const { type = 'object', properties } = schema;
  if (type !== 'object' || !isNamed(properties)) return undefined;
  const names = Object.keys(properties);
  const isPart = names.some((name) => parts.includes(name)) && names.every((name) => columns.has(name));
  return isPart ? schema : undefined;
}

function wrapped(contract: Json): ContractSchema {
  const { properties, required, definitions, ...others } = contract;
  const own: Json = jsonSchema.properties;
  const typed = entriesOf(properties).map(([name, part]): [string, unknown] => [
    name,
    isNamed(part) ? { ...typeOf(own[name]), ...part } : part,
  ]);
  if (isNamed(definitions) && 'Entity' in definitions) {
    const say = 'has the name of a definition of the event: take another';
    return { faults: [{ path: 'definitions.Entity', say }] };
  }
  const schema = {
    ...jsonSchema,
    ...others,
    required: [...new Set([...jsonSchema.required, ...listOf(required)])],
    properties: { ...own, ...Object.fromEntries(typed) },
    definitions: { ...jsonSchema.definitions, ...(isNamed(definitions) ? definitions : {}) },
  };
  return { schema: JSON.stringify(schema) };
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);

/** What the event's own schema says of a part, without its remarks. */
function typeOf(own: unknown): Json {
  const types = entriesOf(own).filter(([keyword]) => keyword !== 'description');
  return Object.fromEntries(types);
}
