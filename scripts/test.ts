/**
 * `node scripts/test.ts [part...]`: runs the named parts, or those of `npm test`, and ends with one line: `N passed, N failed`.
 * Fails when a test fails, and when a part that was asked for ran no test at all.
 */
import { resolve } from 'node:path';
import { startKafka } from './kafka/launch.ts';
import { progressLine } from './kafka/progress.ts';
import { describeBroker, sharedBrokerVariable } from '../test/support/broker.ts';
import { runChecks } from './test/checks.ts';
import { runFiles, setUp } from './test/files.ts';
import { defaultParts, isPart, parts, type Part } from './test/parts.ts';
import { add, none, summary, type Tally } from './test/tally.ts';

// Every process of the tests loads the same files: what V8 compiled, and TypeScript without its types, is kept.
process.env['NODE_COMPILE_CACHE'] ??= resolve('node_modules/.cache/compiled');

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !isPart(name));
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}.`);
  process.exit(1);
}
const chosen = asked.length > 0 ? asked.filter(isPart) : defaultParts;

/**
 * Parts that leave the processors idle most of the time, and those that run beside them and print in their turn: compilers and
 * linters take what the processors have left, and fuzz and chaos wait for brokers of their own.
 */
const beside: Partial<Record<Part, readonly Part[]>> = {
  integration: ['fuzz', 'package'],
  cli: ['fuzz', 'package'],
  fuzz: ['chaos'],
  package: ['chaos'],
  bundle: ['chaos'],
};

const kafka = chosen.some((part) => parts[part].broker) ? await startSharedKafka() : undefined;
let total = none;
const begun = new Map<Part, ReturnType<typeof begin>>();
const empty: Part[] = [];
try {
  for (const part of chosen) {
    console.log(`\n── ${part}`);
    beginBeside(beside[part] ?? []);
    const since = performance.now();
    const tally = await (begun.get(part)?.() ?? runPart(part, print));
    // Of one that ran beside others: how long it was waited for.
    console.log(`── ${part}: ${((performance.now() - since) / 1_000).toFixed(0)} s`);
    if (tally.passed + tally.failed + tally.skipped === 0) empty.push(part);
    total = add(total, tally);
  }
} finally {
  await kafka?.stop();
}
for (const part of empty) console.log(`\nPart ${part} ran no test: that counts as a failure.`);
process.exitCode = total.failed > 0 || empty.length > 0 ? 1 : 0;
console.log(`\n${summary(total)}`);

async function runPart(part: Part, write: (text: string) => void, inBackground = false): Promise<Tally> {
  const files = await runFiles(part, write);
  if (part !== 'package') return files;
  const tally = add(files, await runChecks(write, { inBackground }));
  // Builds and packs the same dist/, and is half a minute of work for which nobody then has to wait. `runFiles` tells its failure.
  if (chosen.includes('bundle')) setUp('bundle', { inBackground }).catch(() => undefined);
  return tally;
}

function print(text: string): void {
  process.stdout.write(text);
}

function beginBeside(others: readonly Part[]): void {
  for (const part of others) if (chosen.includes(part) && !begun.has(part)) begun.set(part, begin(part));
}

/** @returns waits for its end, and prints what it had to say */
function begin(part: Part): () => Promise<Tally> {
  const texts: string[] = [];
  const running = runPart(part, (text) => texts.push(text), true);
  // For the one who waits for it, and not for whatever runs meanwhile.
  running.catch(() => undefined);
  return async () => {
    try {
      return await running;
    } finally {
      print(texts.join(''));
    }
  };
}

/** One for all parts: a broker's start costs seconds, and tests keep apart by topic names. */
async function startSharedKafka() {
  const line = progressLine(process.stderr);
  try {
    // Nothing stops it, and there is no other broker: a controller that has no processor for ten seconds need not fence it.
    const config = { 'broker.session.timeout.ms': '60000' };
    const cluster = await startKafka({ config, onProgress: line.update });
    process.env[sharedBrokerVariable] = JSON.stringify(describeBroker(cluster));
    return cluster;
  } finally {
    line.end();
  }
}
