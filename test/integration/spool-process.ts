/**
 * A process with a flow of its own, to be killed: pushes numbered events as fast as 200 at a time are answered, and
 * appends the number of each that was acknowledged to a file before it takes notice of it.
 */
import { appendFileSync } from 'node:fs';
import { setTimeout as pass } from 'node:timers/promises';
import { runFlow } from '../support/flow.ts';
import { numbered } from '../support/load.ts';
import type { Settings } from '../../src/types.ts';

const { settings, acknowledged, first } = JSON.parse(process.argv[2] ?? '') as {
  settings: Settings;
  acknowledged: string;
  first: number;
};
const flow = await runFlow(settings);
let n = first;
await Promise.all(
  Array.from({ length: 200 }, async () => {
    for (;;) {
      const mine = n++;
      const { ok } = await flow.push(numbered(mine, 30));
      appendFileSync(acknowledged, `${ok ? '' : '-'}${mine}\n`);
      await pass(1);
    }
  }),
);
