/**
 * Starts one flow in a process of its own, as a user's program does, and prints as JSON what its main thread did: in the start,
 * in the second after it, in the first pushes, and while nothing comes.
 *
 * `BENCH_START=<choice> node bench/first-push-start.ts`, the choice of `first-push-run.ts` as JSON.
 */
import type { Collector } from '@walkeros/core';
import { setTimeout as pass } from 'node:timers/promises';
import type { StartChoice } from './first-push-run.ts';

/** How long the flow is up before its first event, and how long it then idles. Milliseconds. */
const upFor = 1_000;
const idlesFor = 5_000;
/** How often the loop is looked at. Milliseconds. */
const tick = 1;

const { flow, config, sink, events } = JSON.parse(process.env.BENCH_START ?? '') as StartChoice;

interface Step {
  /** Until it was done. */
  readonly wall: number;
  /** CPU of the main thread. */
  readonly main: number;
  /** The longest time without a turn for timers, by the clock, and in CPU of the main thread. */
  readonly block: number;
  readonly blockMain: number;
}

const mainTime = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};

/** All in milliseconds. */
async function step<Result>(work: () => Promise<Result>): Promise<{ result: Result; took: Step }> {
  const begin = performance.now();
  const beginMain = mainTime();
  let [at, atMain, block, blockMain] = [begin, beginMain, 0, 0];
  const look = (): void => {
    const now = performance.now();
    const nowMain = mainTime();
    block = Math.max(block, now - at);
    blockMain = Math.max(blockMain, nowMain - atMain);
    [at, atMain] = [now, nowMain];
  };
  const timer = setInterval(look, tick);
  const result = await work();
  const wall = performance.now() - begin;
  const main = mainTime() - beginMain;
  // A block that the answer came out of is over with the next turn.
  await pass(tick);
  look();
  clearInterval(timer);
  return { result, took: { wall, main, block, blockMain } };
}

/** What the flow is begun with: loaded before, as by the `import`s of a program. */
async function load(): Promise<() => Promise<{ collector: Collector.Instance }>> {
  if (flow !== undefined) {
    const { default: start } = (await import(flow)) as {
      default: () => Promise<{ collector: Collector.Instance }>;
    };
    return () => start();
  }
  const { startFlow } = await import('@walkeros/collector');
  const code = sink ? (await import('./sinks.ts')).delayedSink : await (await import('./ours.ts')).loadOurs();
  return () => startFlow({ destinations: { kafka: { code, config } } });
}

const loaded = await step(load);
const started = await step(loaded.result);
const { collector } = started.result;
const up = await step(() => pass(upFor));
const pushes: Step[] = [];
for (const event of events) {
  pushes.push((await step(() => collector.push(event))).took);
  await pass(20);
}
if (collector.status.failed > 0) throw new Error('a push failed');
const wakeUps = (): number => process.resourceUsage().voluntaryContextSwitches;
const [cpuBefore, wakeUpsBefore] = [process.cpuUsage(), wakeUps()];
await pass(idlesFor);
const cpu = process.cpuUsage(cpuBefore);
const idle = {
  cpu: (cpu.user + cpu.system) / idlesFor,
  wakeUps: ((wakeUps() - wakeUpsBefore) * 1_000) / idlesFor,
};
await collector.command('shutdown');

export interface Start {
  readonly load: Step;
  readonly start: Step;
  readonly up: Step;
  readonly pushes: readonly Step[];
  /** A second: CPU of all threads in milliseconds, and how often a thread of the process woke up. */
  readonly idle: { readonly cpu: number; readonly wakeUps: number };
}

const answer: Start = { load: loaded.took, start: started.took, up: up.took, pushes, idle };
console.log(JSON.stringify(answer));
