import avsc, { type Type } from 'avsc';
import { reasonOf } from '../../model/errors.ts';
import type { SchemaReference } from '../../model/schema.ts';
import { isObject } from '../validation-error.ts';
import { decimalOf, type Decimal } from './decimal.ts';

/** A schema as avsc has parsed it, with the parts that are kept from avsc. */
export interface AvroSchema {
  readonly type: Type;
  /** Of records: the defaults of their fields, as JSON. avsc refuses those of a union that are not of its first branch. */
  readonly defaults: ReadonlyMap<Type, ReadonlyMap<string, unknown>>;
  /** The types that are decimals. Other logical types are what they stand for: a timestamp is its number. */
  readonly decimals: ReadonlyMap<Type, Decimal>;
}

/** @throws Error that says why the text is no schema */
export function parse(text: string, references: readonly SchemaReference[]): AvroSchema {
  const defaults = new Map<Type, ReadonlyMap<string, unknown>>();
  const decimals = new Map<Type, Decimal>();
  const registry: Record<string, Type> = {};

  // avsc calls this for each schema within the schema, and again for the changed one that we return: nothing is left to take away then.
  function typeHook(schema: unknown, options: avsc.ForSchemaOptions): Type | undefined {
    if (!isObject(schema)) return undefined;
    checkDecimals(schema);
    const decimal = decimalOf(schema);
    if (decimal !== undefined) {
      const type = forSchema({ ...schema, logicalType: undefined }, options);
      decimals.set(type, decimal);
      return type;
    }
    const ofFields = defaultsOf(schema);
    if (ofFields.size === 0) return undefined;
    const type = forSchema({ ...schema, fields: fieldsOf(schema).map(withoutDefault) }, options);
    defaults.set(type, ofFields);
    return type;
  }

  // avsc takes all unions only where they are wrapped; our writers never ask it to write one.
  const options = { registry, wrapUnions: true, logicalTypes: {}, typeHook };
  for (const { schema } of references) forSchema(JSON.parse(schema), options);
  return { type: forSchema(JSON.parse(text), options), defaults, decimals };
}

const forSchema = (schema: unknown, options: Partial<avsc.ForSchemaOptions>): Type =>
  avsc.Type.forSchema(schema as avsc.Schema, options);

type Field = Readonly<Record<string, unknown>>;

/** Empty for a schema that is no record. */
function fieldsOf({ type, fields }: Field): readonly unknown[] {
  return (type === 'record' || type === 'error') && Array.isArray(fields) ? fields : [];
}

/** Those of a record's fields by themselves, or in a union: with the name of the field, which the type's own schema does not know. */
function checkDecimals(record: Field): void {
  for (const { name, type } of fieldsOf(record).filter(isObject)) {
    try {
      [type].flat().filter(isObject).forEach(decimalOf);
    } catch (thrown) {
      throw new Error(`field "${String(name)}" of "${String(record['name'])}": ${reasonOf(thrown)}`, {
        cause: thrown,
      });
    }
  }
}

function defaultsOf(schema: Field): ReadonlyMap<string, unknown> {
  const ofFields = new Map<string, unknown>();
  for (const field of fieldsOf(schema))
    if (isObject(field) && typeof field['name'] === 'string' && field['default'] !== undefined)
      ofFields.set(field['name'], field['default']);
  return ofFields;
}

const withoutDefault = (field: unknown): unknown =>
  isObject(field) ? { ...field, default: undefined } : field;
