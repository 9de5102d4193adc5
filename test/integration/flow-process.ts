/** A process with a flow that has no source: it pushes so many events, and when the flow has connected, or cannot, nothing is left to do. */
import { setTimeout as pass } from 'node:timers/promises';
import { kafkaHealth } from '../../src/index.ts';
import type { Settings } from '../../src/types.ts';
import { event, runFlow } from '../support/flow.ts';

const { settings, pushes } = JSON.parse(process.argv[2] ?? '') as { settings: Settings; pushes: number };
const flow = await runFlow(settings);
for (let n = 0; n < pushes; n++) await flow.push(event());
while (
  !kafkaHealth().every(({ connected }) => connected) &&
  !flow.log.some((line) => /Cannot reach/.test(line))
)
  await pass(10);
console.log('connected, or not');
