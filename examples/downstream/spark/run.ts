import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runEngine } from '../../../scripts/downstream/engine.ts';
import { bringJars } from '../../../scripts/downstream/jars.ts';
import { bringPyspark } from '../../../scripts/downstream/pyspark.ts';
import { javaPath } from '../../../scripts/kafka/java.ts';
import type { Progress } from '../../../scripts/kafka/progress.ts';
import type { MinuteRow } from '../expected.ts';
import { filled } from '../filled.ts';
import { withFolder } from '../folder.ts';
import { readMinutes } from '../minute-files.ts';

const here = (file: string): URL => new URL(file, import.meta.url);

export const sparkJars = (onProgress?: Progress): Promise<string> =>
  bringJars(fileURLToPath(here('pom.xml')), onProgress);
export const pyspark = (onProgress?: Progress): Promise<string> =>
  bringPyspark(fileURLToPath(here('requirements.txt')), onProgress);

/** Runs events_per_minute.py, up to the present end of the topic. @returns what it wrote */
export const runSpark = (
  brokers: readonly string[],
  topic: string,
  onProgress?: Progress,
): Promise<MinuteRow[]> =>
  withFolder('spark-example', async (folder) => {
    const output = join(folder, 'events-per-minute');
    const script = filled(here('events_per_minute.py'), folder, {
      'localhost:9092': brokers.join(','),
      'walkeros-events': topic,
      '/tmp/events-per-minute': output,
    });
    await submit(script, folder, onProgress);
    return readMinutes(output);
  });

/** Runs a script that comes to an end, in a local Spark. */
export async function submit(script: string, folder: string, onProgress?: Progress): Promise<void> {
  await javaPath();
  const jars = globSync(join(await sparkJars(onProgress), '*.jar'));
  const packages = await pyspark(onProgress);
  onProgress?.(`Spark: running ${basename(script)}`);
  const home = join(packages, 'pyspark');
  const args = ['--master', 'local[2]', '--driver-memory', '640m', '--jars', jars.join(',')];
  const quiet = ['--conf', 'spark.ui.enabled=false', '--conf', 'spark.driver.host=127.0.0.1'];
  await runEngine(join(home, 'bin', 'spark-submit'), [...args, ...quiet, script], {
    folder,
    env: {
      ...process.env,
      SPARK_HOME: home,
      SPARK_LOCAL_IP: '127.0.0.1',
      PYTHONPATH: packages,
      PYSPARK_PYTHON: 'python3',
    },
  });
}
