/** `npm run soak -- --minutes N --seed S`: faults as chance has it, the same for the same seed, and the judge of `npm run chaos`. */
import { parseArgs } from 'node:util';
import { progressLine } from '../../scripts/kafka/progress.ts';
import { wholeNumber } from './arguments.ts';
import { randomOf } from './random.ts';
import { record, soakPrefix } from './record/record.ts';
import { runScenario } from './run.ts';
import { killsScenario, killsSchedule, soakScenario, soakSchedule } from './scenarios/soak.ts';
import { openStage } from './stage/stage.ts';
import { lineOf } from './verdict/line.ts';

const options = argumentsOrExit();
const { minutes, seed, client, kills } = options;
const seconds = minutes * 60;
const schedule = (kills ? killsSchedule : soakSchedule)(randomOf(seed), seconds);
const scenario = (kills ? killsScenario : soakScenario)(schedule, seconds, { client });
const command = `--minutes ${String(minutes)} --seed ${String(seed)} --client ${client}${kills ? ' --kills' : ''}`;
console.log(`npm run soak -- ${command}`);
for (const { at, do: fault } of schedule)
  console.log(`${at.toFixed(1).padStart(8)} s  ${JSON.stringify(fault)}`);

const line = progressLine(process.stderr);
const stage = await openStage(line.update);
line.end();
try {
  const result = await runScenario(scenario, stage);
  for (const seen of result.log) console.log(`    | ${seen}`);
  console.log(lineOf(result));
  if (options.record) await record({ ...scenario, name: `${soakPrefix}${command}` }, [result]);
  process.exitCode = result.problems.length > 0 ? 1 : 0;
} finally {
  await stage.close();
}

interface Arguments {
  readonly minutes: number;
  readonly seed: number;
  readonly client: 'platformatic' | 'kafkajs';
  /** Our process is killed every few seconds, and nothing may be stored twice. */
  readonly kills: boolean;
  /** Keep the figures for docs/reliability.md. */
  readonly record: boolean;
}

function argumentsOrExit(): Arguments {
  try {
    return readArguments(process.argv.slice(2));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.error(
      `${reason}\n\nnpm run soak -- [--minutes <n>] [--seed <n>] [--client platformatic|kafkajs] [--kills] [--record]`,
    );
    process.exit(1);
  }
}

/** @throws Error that says what is wrong */
function readArguments(args: string[]): Arguments {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '5' },
      seed: { type: 'string', default: String(1 + Math.floor(Math.random() * 1_000_000)) },
      client: { type: 'string', default: 'platformatic' },
      kills: { type: 'boolean', default: false },
      record: { type: 'boolean', default: false },
    },
  });
  const { minutes, seed, client, kills, record } = values;
  if (client !== 'platformatic' && client !== 'kafkajs') throw new Error(`--client: there is no ${client}`);
  return {
    minutes: wholeNumber('--minutes', minutes),
    seed: wholeNumber('--seed', seed),
    client,
    kills,
    record,
  };
}
