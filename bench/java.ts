import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../scripts/kafka/command.ts';
import { haveJars, jarFolder } from '../scripts/kafka/jars.ts';
import { findJava } from '../scripts/kafka/java.ts';
import type { Codec } from './raw.ts';
import { readRecords } from './records.ts';
import { Skipped, type RowContext, type RowResult } from './row.ts';

/** What Kafka's own start script gives this tool. The project's tool flags would hold the JIT back: no fair race. */
const jvmFlags = ['-server', '-Xmx512M', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20'];

/** Kafka's ProducerPerformance with the same values, chosen at random as it does. @throws Skipped without Java */
export async function runJava(
  context: RowContext,
  codec: Codec,
  properties: readonly string[],
): Promise<RowResult> {
  const java = await findJava();
  if (!('path' in java)) throw new Skipped(java.missing);
  if (!haveJars()) throw new Skipped("Kafka's jars are not here");
  const folder = mkdtempSync(join(tmpdir(), 'kafka-bench-'));
  try {
    const payload = join(folder, 'values');
    writeFileSync(
      payload,
      readRecords(context.topic)
        .map(({ value }) => value?.toString())
        .join('\n'),
    );
    const stored = context.warmUp + context.events;
    const settings = [`compression.type=${codec}`, 'acks=all', ...properties];
    const { code, output } = await runCommand(java.path, [
      ...[...jvmFlags, '-cp', join(jarFolder, '*'), 'org.apache.kafka.tools.ProducerPerformance'],
      ...['--bootstrap-server', context.brokers.join(','), '--topic', context.topic, '--throughput', '-1'],
      ...['--num-records', String(stored), '--warmup-records', String(context.warmUp)],
      ...['--payload-file', payload],
      ...settings.flatMap((setting) => ['--command-property', setting]),
    ]);
    if (code !== 0) throw new Error(`ProducerPerformance: ${output.slice(-1_000)}`);
    return { figures: { rate: rateOf(output) }, stored };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** It prints the whole run, then the part after the warm-up. */
function rateOf(output: string): number {
  const rates = [...output.matchAll(/records sent, ([\d.]+) records\/sec/g)];
  const rate = Number(rates.at(-1)?.[1]);
  if (!Number.isFinite(rate))
    throw new Error(`ProducerPerformance printed no rate:\n${output.slice(-1_000)}`);
  return rate;
}
