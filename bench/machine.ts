import { cpus, loadavg, platform, totalmem } from 'node:os';
import { runCommand } from '../scripts/kafka/command.ts';
import type { KafkaCluster } from '../scripts/kafka/cluster.ts';
import { kafkaVersion } from '../scripts/kafka/version.ts';
import { eventSource } from './data.ts';
import { pins } from './pins.ts';

/** What figures depend on besides the code. */
export interface Conditions {
  readonly date: string;
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGiB: number;
  readonly platform: string;
  readonly node: string;
  readonly kafka: string;
  /** Of this repository; `+` where files were changed since. */
  readonly commit: string;
  readonly events: string;
  /** Whether broker and row had a core each. */
  readonly pinned: boolean;
  /** One-minute load average before the first row: others at work spoil the figures. */
  readonly loadBefore: number;
}

export async function conditionsOf(cluster: KafkaCluster): Promise<Conditions> {
  const model = cpus()[0]?.model ?? 'unknown CPU';
  return {
    date: new Date().toISOString().slice(0, 10),
    cores: cpus().length,
    cpu: model,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: platform(),
    node: process.version,
    kafka:
      cluster.kind === 'external' ? 'a cluster elsewhere' : `${kafkaVersion}, 1 node on the same machine`,
    commit: await commit(),
    events: eventSource().name,
    pinned: cluster.kind === 'embedded' && pins !== undefined,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

/** For file names: `2-cores-xeon-2.80ghz`. */
export function shortName({ cores, cpu }: Conditions): string {
  const words = cpu
    .replace(/\((R|TM)\)|\b(Intel|AMD|Apple|CPU|Processor|Core)\b|@/gi, ' ')
    .trim()
    .toLowerCase();
  return `${String(cores)}-cores-${words.replace(/[^a-z0-9.]+/g, '-')}`;
}

async function commit(): Promise<string> {
  const { code, output } = await runCommand('git', ['describe', '--always', '--dirty=+', '--exclude=*']);
  return code === 0 ? output.trim() : 'unknown';
}
