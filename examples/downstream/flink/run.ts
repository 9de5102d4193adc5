import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jvmFlags, runEngine } from '../../../scripts/downstream/engine.ts';
import { bringJars } from '../../../scripts/downstream/jars.ts';
import { javaPath } from '../../../scripts/kafka/java.ts';
import type { Progress } from '../../../scripts/kafka/progress.ts';
import type { MinuteRow } from '../expected.ts';
import { filled } from '../filled.ts';
import { withFolder } from '../folder.ts';
import { readMinutes } from '../minute-files.ts';

const here = (file: string): URL => new URL(file, import.meta.url);

export const flinkJars = (onProgress?: Progress): Promise<string> =>
  bringJars(fileURLToPath(here('pom.xml')), onProgress);

/** Flink reflects on the JDK's own classes; its launch scripts open the same ones. */
const opened = [
  'java.lang',
  'java.util',
  'java.util.concurrent',
  'java.text',
  'java.time',
  'java.net',
].flatMap((name) => ['--add-opens', `java.base/${name}=ALL-UNNAMED`]);

/** Runs events-per-minute.sql, up to the present end of the topic. @returns what it wrote */
export const runFlink = (
  brokers: readonly string[],
  topic: string,
  onProgress?: Progress,
): Promise<MinuteRow[]> =>
  withFolder('flink-example', async (folder) => {
    const output = join(folder, 'events-per-minute');
    const sql = filled(here('events-per-minute.sql'), folder, {
      'localhost:9092': brokers.join(','),
      'walkeros-events': topic,
      '/tmp/events-per-minute': output,
    });
    await runSql(sql, folder, onProgress);
    return readMinutes(output);
  });

/** Runs a file of Flink SQL whose statements come to an end, in a Flink inside one JVM. */
export async function runSql(file: string, folder: string, onProgress?: Progress): Promise<void> {
  const java = await javaPath();
  const jars = await flinkJars(onProgress);
  onProgress?.(`Flink: running ${basename(file)}`);
  const runner = fileURLToPath(here('RunSql.java'));
  await runEngine(java, ['-Xmx512m', ...jvmFlags, ...opened, '-cp', join(jars, '*'), runner, file], {
    folder,
  });
}
