/** `node test/chaos/flow/main.ts <plan>`: the destination in a real collector under a steady load, alone in a process. */
import { event, runFlow } from '../../support/flow.ts';
import { failureOf } from '../../support/load.ts';
import type { Answer } from '../verdict/judge.ts';
import { shiftClock } from './clock.ts';
import type { FlowPlan, Order, Report } from './messages.ts';

const tick = 10;

// Without the parent nobody listens.
process.once('disconnect', () => process.exit(1));

const plan = JSON.parse(process.argv[2] ?? '') as FlowPlan;
const flow = await runFlow(
  plan.settings,
  plan.collectorTimeout > 0 ? { timeout: plan.collectorTimeout } : {},
);
let next = plan.first;
let pending = 0;
let answers: Answer[] = [];
let told = 0;
let ended = false;

async function push(): Promise<void> {
  const n = next++;
  const begun = performance.now();
  pending++;
  const data = { n, key: `key-${String(n % plan.keys)}` };
  const result = await flow.push(event({ data, timestamp: 1_700_000_000_000 + n }));
  pending--;
  const failure = failureOf(result);
  answers.push({ n, ms: performance.now() - begun, ...(failure !== undefined && { failure }) });
  // Before anything else runs: an answer that a SIGKILL keeps from the parent is one that nobody holds us to.
  if (answers.length === 1) process.nextTick(report);
}

function report(): void {
  const log = flow.log.slice(told).filter((line) => !line.startsWith('DEBUG'));
  told = flow.log.length;
  process.send?.({ next, pending, answers, log, answered: ended && pending === 0 } satisfies Report);
  answers = [];
}

process.on('message', (order: Order) => {
  if (order.kind === 'shift-clock') return shiftClock(order.ms);
  ended = true;
});
process.once('SIGTERM', () => {
  ended = true;
  void flow.stop().then(() => {
    report();
    process.disconnect();
    process.exit(0);
  });
});

let start = Infinity;
let base = next;
setInterval(() => {
  const due = base + Math.floor(((performance.now() - start) * plan.perSecond) / 1000);
  // A machine that cannot keep up gets fewer events: to catch up with all of them, it would fall behind ever more.
  const burst = Math.min(due - next, plan.perSecond / 5);
  base -= Math.max(0, due - next - burst);
  for (const end = next + burst; !ended && next < end;) void push();
  report();
}, tick);

// The first one opens the destination, alone, as on any quiet morning.
await push();
start = performance.now();
base = next;
