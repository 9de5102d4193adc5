import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isPartName, partNames, type PartName } from './parts.ts';

export interface Arguments {
  readonly parts: readonly PartName[];
  readonly rounds: number;
  /** Instead of each part's own number. */
  readonly events: number | undefined;
  /** A look whether all works, in less than two minutes: the figures mean little. */
  readonly quick: boolean;
  /** Only rows whose name contains this. */
  readonly row: string;
  /** Another checkout of this repository, whose rows run beside these. */
  readonly before: string | undefined;
  /** Each row leaves a CPU profile beside the results. */
  readonly profile: boolean;
  readonly out: string;
}

const results = fileURLToPath(new URL('results/', import.meta.url));

export const usage = `npm run bench -- [options]
  --only <part>   ${partNames.join(', ')}; several with commas (default: all)
  --rounds <n>    default 3; with --quick 1
  --events <n>    per row, instead of each part's own number
  --quick         few events, without memory and smooth unless asked for; figures go to the temporary folder
  --row <text>    only rows whose name contains the text
  --before <dir>  also runs each row of ours in another checkout of this repository, and compares
  --profile       a .cpuprofile of each row beside the results
  --out <folder>  default bench/results`;

/** @throws Error that says what is wrong */
export function readArguments(argv: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: 'string' },
      rounds: { type: 'string' },
      events: { type: 'string' },
      quick: { type: 'boolean', default: false },
      row: { type: 'string', default: '' },
      before: { type: 'string' },
      profile: { type: 'boolean', default: false },
      out: { type: 'string' },
    },
  });
  const { quick, row, profile } = values;
  return {
    parts:
      partsOf(values.only) ?? partNames.filter((name) => !quick || (name !== 'memory' && name !== 'smooth')),
    rounds: countOf('--rounds', values.rounds) ?? (quick ? 1 : 3),
    events: countOf('--events', values.events),
    quick,
    row,
    before: values.before,
    profile,
    out: values.out ?? (quick ? join(tmpdir(), 'kafka-bench') : results),
  };
}

function partsOf(only: string | undefined): PartName[] | undefined {
  return only?.split(',').map((name) => {
    if (!isPartName(name)) throw new Error(`--only: there is no part ${name}`);
    return name;
  });
}

function countOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new Error(`${option} must be a whole number from 1 on`);
  return count;
}
