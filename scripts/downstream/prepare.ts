/** Brings the engines that `npm run test:downstream` runs. Run by scripts/prepare.mjs. */
import { connectJars, connectPlugins } from '../../examples/downstream/connect/run.ts';
import { flinkJars } from '../../examples/downstream/flink/run.ts';
import { pyspark, sparkJars } from '../../examples/downstream/spark/run.ts';
import { progressLine } from '../kafka/progress.ts';

const line = progressLine(process.stderr);
for (const bring of [connectJars, connectPlugins, flinkJars, sparkJars, pyspark]) {
  try {
    await bring(line.update);
  } catch (error) {
    // The tests of that engine will fail with the same words.
    line.end();
    console.error(error instanceof Error ? error.message : error);
  }
}
line.end();
