import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, platform, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { runCommand } from '../../../scripts/kafka/command.ts';
import { kafkaVersion } from '../../../scripts/kafka/version.ts';
import type { Result } from '../run.ts';
import type { Scenario } from '../scenario.ts';
import type { Verdict } from '../verdict/judge.ts';

/** The runs of one scenario, with what their figures depend on besides the code. */
export interface Record {
  readonly scenario: string;
  readonly story: string;
  readonly date: string;
  /** Of this repository; `+` where files were changed since. */
  readonly commit: string;
  readonly machine: string;
  /** One-minute load average after the last run: others at work make pushes slow. */
  readonly load: number;
  readonly runs: readonly (Verdict & Pick<Result, 'problems'>)[];
}

/** Begins the name of a recorded soak; its command line follows. */
export const soakPrefix = 'soak ';

const file = fileURLToPath(new URL('../results.json', import.meta.url));

export function readRecords(): Record[] {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record[]) : [];
}

/** Keeps these runs in place of the scenario's former ones. */
export async function record({ name, story }: Scenario, results: readonly Result[]): Promise<void> {
  const row: Record = {
    scenario: name,
    story,
    date: new Date().toISOString().slice(0, 10),
    commit: await commit(),
    machine: machine(),
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
    runs: results.map(({ verdict, problems }) => ({ ...verdict, problems })),
  };
  const rows = [...readRecords().filter(({ scenario }) => scenario !== name), row];
  writeFileSync(file, await format(JSON.stringify(rows), { filepath: file, printWidth: 110 }));
}

function machine(): string {
  const model = (cpus()[0]?.model ?? 'unknown processor').replace(/\((R|TM)\)/g, '');
  const memory = `${String(Math.round(totalmem() / 2 ** 30))} GiB`;
  return `${String(cpus().length)} × ${model}, ${memory}, ${platform()}, Node ${process.version}, Kafka ${kafkaVersion}`;
}

async function commit(): Promise<string> {
  const { code, output } = await runCommand('git', ['describe', '--always', '--dirty=+', '--exclude=*']);
  return code === 0 ? output.trim() : 'unknown';
}
