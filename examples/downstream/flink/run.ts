import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runEngine } from '../../../scripts/downstream/engine.ts';
import { bringJars } from '../../../scripts/downstream/jars.ts';
import { findJava } from '../../../scripts/kafka/java.ts';
import type { Progress } from '../../../scripts/kafka/progress.ts';
import type { MinuteRow } from '../expected.ts';
import { filled } from '../filled.ts';
import { readMinutes } from '../minute-files.ts';

const here = (file: string): URL => new URL(file, import.meta.url);

export const flinkJars = (onProgress?: Progress): Promise<string> =>
  bringJars(fileURLToPath(here('pom.xml')), onProgress);

/** Flink reflects on the JDK's own classes; its launch scripts open the same ones. */
const jvmFlags = [
  '-Xmx512m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  ...['java.lang', 'java.util', 'java.util.concurrent', 'java.text', 'java.time', 'java.net'].flatMap(
    (name) => ['--add-opens', `java.base/${name}=ALL-UNNAMED`],
  ),
];

/** Runs events-per-minute.sql, up to the present end of the topic. @returns what it wrote */
export async function runFlink(
  brokers: readonly string[],
  topic: string,
  onProgress?: Progress,
): Promise<MinuteRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'flink-example-'));
  try {
    const output = join(folder, 'events-per-minute');
    const sql = filled(here('events-per-minute.sql'), folder, {
      'localhost:9092': brokers.join(','),
      'walkeros-events': topic,
      '/tmp/events-per-minute': output,
    });
    await runSql(sql, folder, onProgress);
    return readMinutes(output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs a file of Flink SQL whose statements come to an end, in a Flink inside one JVM. */
export async function runSql(file: string, folder: string, onProgress?: Progress): Promise<void> {
  const java = await findJava();
  if ('missing' in java) throw new Error(java.missing);
  const jars = await flinkJars(onProgress);
  onProgress?.(`Flink: running ${basename(file)}`);
  const runner = fileURLToPath(here('RunSql.java'));
  await runEngine(java.path, [...jvmFlags, '-cp', join(jars, '*'), runner, file], { folder });
}
