/**
 * `node scripts/test.ts [part...]`: runs the named parts, or those of `npm test`, and ends with one line: `N passed, N failed`.
 * Fails when a test fails, and when a part that was asked for ran no test at all.
 */
import { resolve } from 'node:path';
import { startKafka } from './kafka/launch.ts';
import { progressLine } from './kafka/progress.ts';
import { describeBroker, sharedBrokerVariable } from '../test/support/broker.ts';
import { runChecks } from './test/checks.ts';
import { runFiles } from './test/files.ts';
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

/** Parts that leave the processors idle most of the time. */
const mostlyWaits: readonly Part[] = ['contract', 'integration', 'cli'];

const kafka = chosen.some((part) => parts[part].broker) ? await startSharedKafka() : undefined;
let total = none;
let checks: ReturnType<typeof checksInBackground> | undefined;
const empty: Part[] = [];
try {
  for (const part of chosen) {
    console.log(`\n── ${part}`);
    if (mostlyWaits.includes(part) && chosen.includes('package')) checks ??= checksInBackground();
    const tally = part === 'package' ? await checked() : await runFiles(part);
    if (tally.passed + tally.failed + tally.skipped === 0) empty.push(part);
    total = add(total, tally);
  }
} finally {
  await kafka?.stop();
}
for (const part of empty) console.log(`\nPart ${part} ran no test: that counts as a failure.`);
process.exitCode = total.failed > 0 || empty.length > 0 ? 1 : 0;
console.log(`\n${summary(total)}`);

/** Compilers and linters take what the processors have left while others wait for brokers. */
function checksInBackground() {
  const lines: string[] = [];
  const tally = runChecks((line) => lines.push(line), { inBackground: true });
  return { lines, tally };
}

async function checked(): Promise<Tally> {
  if (checks === undefined) return runChecks(console.log);
  const tally = await checks.tally;
  console.log(checks.lines.join('\n'));
  return tally;
}

/** One for all parts: a broker's start costs seconds, and tests keep apart by topic names. */
async function startSharedKafka() {
  const line = progressLine(process.stderr);
  try {
    const cluster = await startKafka({ onProgress: line.update });
    process.env[sharedBrokerVariable] = JSON.stringify(describeBroker(cluster));
    return cluster;
  } finally {
    line.end();
  }
}
