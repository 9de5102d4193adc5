import type { z } from 'zod';
import { fieldsOf, namesAt } from './fields.ts';
import { nearest } from './nearest.ts';

/** Something to change, and where: `settings.kafka.topic` with the sentence that follows it. */
export interface Problem {
  readonly path: string;
  readonly say: string;
}

export function sentenceOf({ path, say }: Problem): string {
  return `${path}: ${say}`;
}

/** What a schema refused, one problem for each wrong value and each unknown name. Values are not quoted here. */
export function problemsOf(error: z.ZodError, schema: z.core.$ZodType, root: string): Problem[] {
  return error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [{ path: pathText(root, issue.path), say: issue.message }];
    return issue.keys.map((key) => ({
      path: pathText(root, [...issue.path, key]),
      say: unknownName(key, issue.path, schema, root),
    }));
  });
}

function unknownName(
  key: string,
  path: readonly PropertyKey[],
  schema: z.core.$ZodType,
  root: string,
): string {
  const known = namesAt(schema, path);
  const meant = nearest(key, known);
  if (meant !== undefined) return `unknown setting: did you mean "${meant}"?`;
  // Such as settings.brokers: right name, one level off.
  const elsewhere = fieldsOf(schema).find((field) => field.path.at(-1) === key);
  if (elsewhere) return `unknown setting here: it belongs to ${pathText(root, elsewhere.path)}`;
  return `unknown setting: known here are ${known.join(', ')}`;
}

/** `settings.kafka.brokers[0]`, `settings.kafka.headers["x-team"]`. */
export function pathText(root: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    const name = String(step);
    return /^[\w$]+$/.test(name) ? `${text}.${name}` : `${text}[${JSON.stringify(name)}]`;
  }, root);
}
