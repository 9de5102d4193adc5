import type { z } from 'zod';
import { fieldsOf, namesAt } from './fields.ts';
import { isObject } from '../model/foreign.ts';
import { plural } from '../model/plural.ts';

/** Something to change, and where: `settings.kafka.topic` with the sentence that follows it. */
export interface Problem {
  readonly path: string;
  readonly say: string;
}

export function sentenceOf({ path, say }: Problem): string {
  return `${path}: ${say}`;
}

export const countOf = ({ length }: readonly Problem[]): string => plural(length, 'problem');

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

/** zod passes over this name without a word, and no object of ours could hold it. */
export function protoProblems(headers: unknown, root: string): Problem[] {
  if (!isObject(headers) || !Object.hasOwn(headers, '__proto__')) return [];
  return [{ path: `${root}["__proto__"]`, say: 'is a name that no header can have here: take another' }];
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
    if (!/^[\w$]+$/.test(name)) return `${text}[${JSON.stringify(name)}]`;
    return text === '' ? name : `${text}.${name}`;
  }, root);
}

/** What settings say: `name: undefined` says as little as leaving it out, and must replace nothing. */
export function withoutUndefined<Settings extends object>(settings: Settings): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as Settings;
}

/** The candidate a misspelt word most likely meant, or undefined when none is close. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const sought = word.toLowerCase();
  // A third of the letters: "broker" finds "brokers" and "saslMechanism" finds nothing.
  const limit = Math.max(1, Math.floor(sought.length / 3));
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(sought, candidate.toLowerCase());
    if (distance <= limit && (best === undefined || distance < best.distance)) best = { candidate, distance };
  }
  return best?.candidate;
}

/** Levenshtein's: how many letters to add, drop or change. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 1; i <= from.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= to.length; j++) {
      const change = (above[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      row.push(Math.min(change, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
  }
  return row[to.length] ?? 0;
}
