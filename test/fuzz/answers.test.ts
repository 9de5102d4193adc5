import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { FuzzReport } from './support/process.ts';

/**
 * `FUZZ_SEED` is a number, or `random` to look for new faults: a run of the whole suite is the same each time, as far as timing
 * lets it. `FUZZ_ANSWERS` is the number of answers in all, of which about a quarter are spoilt. A fault names its life, and
 * `node test/fuzz/support/process.ts CLIENT SEED 0 LIFE` has that one again.
 */
const { FUZZ_SEED = '1' } = process.env;
const seed = FUZZ_SEED === 'random' ? String(randomInt(2 ** 31)) : FUZZ_SEED;
const answers = Number(process.env.FUZZ_ANSWERS ?? '100000');

/** What a busy machine is late beyond a deadline. Milliseconds. */
const latest = 5_000;
/** In MB. An idle process with everything loaded has some 150. */
const memoryLimit = 512;

/**
 * Brokers whose answers are flipped, cut, blown up, swapped, doubled, late or from somebody else, to every request that this
 * package sends. Bytes that were no answer ended the process, with both clients; lengths that led backwards kept it busy.
 */
describe(`spoilt answers, FUZZ_SEED=${seed} FUZZ_ANSWERS=${answers}`, { concurrency: true }, () => {
  const program = fileURLToPath(new URL('support/process.ts', import.meta.url));
  for (const [client, requests] of [
    ['platformatic', ['0', '1', '2', '3', '8', '9', '10', '17', '18', '19', '22', '32', '36']],
    ['kafkajs', ['0', '3', '17', '18', '19', '22', '32', '36']],
  ] as const)
    it(`end no process, and every push is told, ${client}`, async (t) => {
      const share = String(Math.ceil(answers / 2));
      const child = [`--max-old-space-size=${memoryLimit}`, program, client, seed, share];
      const { stdout } = await promisify(execFile)(process.execPath, child);
      const report = JSON.parse(stdout) as FuzzReport;
      t.diagnostic(JSON.stringify(report));
      assert.deepEqual(report.faults, []);
      assert.ok((report.told.stored ?? 0) > 0, JSON.stringify(report.told));
      assert.ok(report.latestPush < latest, `a push was told ${report.latestPush} ms after its deadline`);
      assert.ok(report.memory < memoryLimit, `${report.memory} MB`);
      // Few answers hold too few of the rare requests.
      if (answers >= 100_000)
        for (const request of requests) assert.ok((report.spoilt[request] ?? 0) > 0, `request ${request}`);
    });
});
