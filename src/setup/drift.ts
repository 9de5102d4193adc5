import type { TopicConfig, TopicShape, TopicSpec } from '../model/topic.ts';

/** Where a topic is not as declared. `actual` null: the broker knows no such setting, or keeps its value to itself. */
export interface Drift {
  readonly topic: string;
  readonly field: string;
  readonly declared: number | string;
  readonly actual: number | string | null;
}

/** Everything in which an existing topic differs from its declaration; what is not declared is not compared. */
export function driftOf(declared: TopicSpec, shape: TopicShape, config: TopicConfig): Drift[] {
  const topic = declared.name;
  const fields = ['numPartitions', 'replicationFactor'] as const;
  const ofShape = fields
    .filter((field) => declared[field] !== shape[field])
    .map((field) => ({ topic, field, declared: declared[field], actual: shape[field] }));
  const ofConfig = Object.entries(declared.configEntries)
    .map(([name, value]) => ({ name, value, actual: config.get(name) ?? null }))
    .filter(({ value, actual }) => actual === null || canonical(value) !== canonical(actual))
    .map(({ name, value, actual }) => ({ topic, field: `configEntries.${name}`, declared: value, actual }));
  return [...ofShape, ...ofConfig];
}

/** The broker writes values its own way: `TRUE` comes back as `true`, `0.0001` as `1.0E-4`, `compact, delete` without the space. */
function canonical(value: string): string {
  const text = value.trim();
  if (/^(true|false)$/i.test(text)) return text.toLowerCase();
  // Not as a number: the longest retention there is, 9223372036854775807, has more digits than fit.
  if (/^[+-]?\d+$/.test(text)) return BigInt(text.replace('+', '')).toString();
  // To the broker these are doubles, as they are here: the same one is the same setting.
  if (/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text)) return String(Number(text));
  return text
    .split(',')
    .map((part) => part.trim())
    .join(',');
}
