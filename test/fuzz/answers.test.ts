import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { FuzzReport } from './support/process.ts';

/** `FUZZ_SEED` repeats a run, as far as timing lets it; `FUZZ_ANSWERS` is the number of answers for each client. */
const seed = process.env.FUZZ_SEED ?? String(randomInt(2 ** 31));
const answers = process.env.FUZZ_ANSWERS ?? '2000';

/** The deadline of a push is 1 s; beyond it lies what a busy machine takes to fire a timer. Milliseconds. */
const latest = 15_000;
/** In MB. An idle process with everything loaded has some 150. */
const memoryLimit = 512;

/**
 * A broker whose answers are flipped, cut, blown up, swapped, doubled, late or from somebody else, to every request that this
 * package sends. Bytes that were no answer ended the process, with both clients; lengths that led backwards kept it busy.
 */
describe(`spoilt answers, FUZZ_SEED=${seed} FUZZ_ANSWERS=${answers}`, () => {
  const program = fileURLToPath(new URL('support/process.ts', import.meta.url));
  for (const [client, requests] of [
    ['platformatic', [0, 1, 2, 3, 8, 9, 10, 17, 18, 19, 22, 32, 36]],
    ['kafkajs', [0, 3, 17, 18, 19, 22, 32, 36]],
  ] as const)
    it(`end no process, and every push is told, ${client}`, async (t) => {
      const child = [`--max-old-space-size=${memoryLimit}`, program, client, seed, answers];
      const { stdout } = await promisify(execFile)(process.execPath, child);
      const report = JSON.parse(stdout) as FuzzReport;
      t.diagnostic(JSON.stringify(report));
      assert.deepEqual(report.faults, []);
      assert.ok((report.told.stored ?? 0) > 0, JSON.stringify(report.told));
      assert.ok(report.longestPush < latest, `a push was told after ${report.longestPush} ms`);
      assert.ok(report.memory < memoryLimit, `${report.memory} MB`);
      for (const request of requests) assert.ok((report.answers[request] ?? 0) > 0, `request ${request}`);
    });
});
