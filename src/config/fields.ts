import { z } from 'zod';

/** One setting as the documentation, the error messages and the tests see it. */
export interface Field {
  readonly path: readonly string[];
  readonly schema: z.core.$ZodType;
  /** False for an object that only holds other settings. */
  readonly isLeaf: boolean;
}

/** All settings of a schema, parents before children, in the order they are declared. */
export function fieldsOf(schema: z.core.$ZodType, path: readonly string[] = []): Field[] {
  const shape = shapeOf(schema) ?? {};
  return Object.entries(shape).flatMap(([name, child]) => {
    const childPath = [...path, name];
    const inner = fieldsOf(child, childPath);
    return [{ path: childPath, schema: child, isLeaf: inner.length === 0 }, ...inner];
  });
}

/** The settings an object takes, by name; undefined for a schema that is no object. */
export function shapeOf(schema: z.core.$ZodType): Readonly<Record<string, z.core.$ZodType>> | undefined {
  if (schema instanceof z.ZodObject) return schema.shape;
  const inner = innerOf(schema);
  return inner && shapeOf(inner);
}

/** The schema inside one that only adds a default or a transformation, or makes it optional. */
export function innerOf(schema: z.core.$ZodType): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return schema.unwrap();
  return schema instanceof z.ZodPipe ? schema.in : undefined;
}

/**
 * The TypeScript types of schemas that do not show theirs, such as `z.custom`, and of those that stand in several places. `from`:
 * the module (relative to this folder); without it the type is one of settings.ts, which `npm run docs` writes.
 */
export const typeNames = z.registry<{ readonly type: string; readonly from?: string }>();

/** The names an object in the middle of a schema takes; none for a path that leads nowhere. */
export function namesAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  let here: z.core.$ZodType | undefined = schema;
  for (const step of path) here = here && (shapeOf(here)?.[String(step)] ?? entryOf(here));
  return Object.keys((here && shapeOf(here)) ?? {});
}

/** The schema of the values of a record, whose names the user chooses. */
function entryOf(schema: z.core.$ZodType): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodRecord) return schema.valueType;
  const inner = innerOf(schema);
  return inner && entryOf(inner);
}
