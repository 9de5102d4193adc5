import { parseArgs } from 'node:util';
import type { Scenario } from './scenario.ts';

export interface Arguments {
  readonly scenarios: readonly Scenario[];
  /** Each so many times in a row. */
  readonly repeat: number;
  /** Keep the figures in `results.json`, from which the docs are made. */
  readonly record: boolean;
  /** Print what the operator saw. */
  readonly log: boolean;
}

export const usage = (all: readonly Scenario[]): string => `npm run chaos -- [options]
  --only <text>   scenarios whose name contains the text; several with commas (default: all)
  --repeat <n>    each n times in a row (default: 1)
  --record        keeps the figures in test/chaos/results.json; "npm run docs" takes them into docs/reliability.md
  --log           also prints what the operator saw

${all.map(({ name, story }) => `  ${name.padEnd(34)} ${story}`).join('\n')}`;

/** @throws Error that says what is wrong */
export function readArguments(argv: readonly string[], all: readonly Scenario[]): Arguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: 'string' },
      repeat: { type: 'string', default: '1' },
      record: { type: 'boolean', default: false },
      log: { type: 'boolean', default: false },
    },
  });
  const { only, record, log } = values;
  const scenarios = only === undefined ? all : only.split(',').flatMap((text) => named(all, text));
  return { scenarios: [...new Set(scenarios)], repeat: wholeNumber('--repeat', values.repeat), record, log };
}

function named(all: readonly Scenario[], text: string): readonly Scenario[] {
  const found = all.filter(({ name }) => name.includes(text));
  if (found.length === 0) throw new Error(`--only: no scenario is called ${text}`);
  return found;
}

/** @throws Error where it is none, or 0 */
export function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${option} must be a whole number from 1 on`);
  return value;
}
