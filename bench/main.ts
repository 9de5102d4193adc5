/** `npm run bench`: measures side by side, prints the figures beside their targets, and keeps them in bench/results. */
import { basename } from 'node:path';
import type { ExtraListener } from '../scripts/kafka/cluster.ts';
import { startKafka } from '../scripts/kafka/launch.ts';
import { freePorts } from '../scripts/kafka/ports.ts';
import { progressLine } from '../scripts/kafka/progress.ts';
import { readArguments, usage, type Arguments } from './arguments.ts';
import { besideBefore, cloneOfOwn } from './before.ts';
import { conditionsOf } from './machine.ts';
import { parts } from './parts.ts';
import { pins } from './pins.ts';
import { installPeer } from './peer.ts';
import { sectionOf, writeReport } from './report.ts';
import { runRounds } from './rounds.ts';
import { Skipped, type Figures, type Link, type Part } from './row.ts';
import { summarise, type PartSummary } from './verdict.ts';

const options = argumentsOrExit();
/** The version that this one is compared with, and this one as a checkout of its own. */
const versions = options.before === undefined ? undefined : { checkout: options.before, own: cloneOfOwn() };
const line = progressLine(process.stderr);
let link: Link | undefined;
const cluster = await startKafka({
  cpus: pins?.broker,
  onProgress: line.update,
  ...(options.parts.includes('smooth') && { listeners: [await linkListener()] }),
});
line.end();
try {
  const conditions = await conditionsOf(cluster);
  if (options.parts.includes('flow')) warnOf(await installPeer());
  const plans: Record<string, Part> = {};
  const summaries: Record<string, PartSummary> = {};
  for (const name of options.parts) {
    const own = await parts[name]();
    const part = versions === undefined ? own : besideBefore(own, versions.checkout, versions.own.folder);
    console.log(`\n── ${name}`);
    const summary = summarise(
      part,
      await runRounds(name, part, options, { brokers: cluster.brokers, link }, tell),
    );
    plans[name] = part;
    summaries[name] = summary;
    console.log(`\n${sectionOf(summary, part.columns).join('\n')}`);
  }
  const path = writeReport({ conditions, rounds: options.rounds, parts: summaries }, plans, options.out);
  console.log(`Written: ${basename(path)}.* in ${options.quick ? 'the temporary folder' : options.out}`);
} finally {
  await cluster.stop();
  versions?.own.remove();
}

/** A way to the broker on which rows may put a network of their own. */
async function linkListener(): Promise<ExtraListener> {
  const [port = 0] = await freePorts(1);
  return {
    name: 'LINK',
    protocol: 'PLAINTEXT',
    advertised: (_id, target) => {
      link = { port, target };
      return `127.0.0.1:${String(port)}`;
    },
  };
}

function argumentsOrExit(): Arguments {
  try {
    return readArguments(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exit(1);
  }
}

function tell(row: string, round: number, outcome: Figures | Skipped): void {
  if (outcome instanceof Skipped && outcome.fault) process.exitCode = 1;
  const words =
    outcome instanceof Skipped
      ? `${outcome.fault ? 'FAILED' : 'not run'}: ${outcome.message}`
      : Object.entries(outcome)
          .map(([name, value]) => `${name} ${value.toLocaleString('en-US', { maximumFractionDigits: 1 })}`)
          .join(', ');
  console.log(`${String(round)}  ${row.padEnd(30)} ${words}`);
}

function warnOf(missing: string | undefined): void {
  if (missing !== undefined) console.log(`The public destination is left out: ${missing}.`);
}
