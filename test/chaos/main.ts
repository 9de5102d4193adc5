/** `npm run chaos`: plays the scenarios on three real brokers, one line for each. Fails when one of them does. */
import { progressLine } from '../../scripts/kafka/progress.ts';
import { readArguments, usage, type Arguments } from './arguments.ts';
import { record } from './record/record.ts';
import { runScenario } from './run.ts';
import { scenarios } from './scenarios/all.ts';
import { openStage } from './stage/stage.ts';
import { lineOf } from './verdict/line.ts';

const options = argumentsOrExit();
const line = progressLine(process.stderr);
const stage = await openStage(line.update);
line.end();
let failed = 0;
try {
  for (const scenario of options.scenarios) {
    const results = [];
    for (let round = 1; round <= options.repeat; round++) {
      const result = await runScenario(scenario, stage);
      results.push(result);
      console.log(lineOf(result));
      if (options.log) for (const seen of result.log) console.log(`    | ${seen}`);
      if (result.problems.length > 0) failed++;
    }
    if (options.record) await record(scenario, results);
  }
} finally {
  await stage.close();
}
const played = options.scenarios.length * options.repeat;
console.log(`\n${String(played - failed)} passed, ${String(failed)} failed`);
process.exitCode = failed > 0 ? 1 : 0;

function argumentsOrExit(): Arguments {
  try {
    return readArguments(process.argv.slice(2), scenarios);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage(scenarios)}`);
    process.exit(1);
  }
}
