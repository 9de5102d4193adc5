import { fork } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Collector, Destination } from '@walkeros/core';
import { pinnedTo } from '../scripts/kafka/pinned.ts';
import { nth, readEvents } from './data.ts';
import { loadOf, openFlow } from './flow-run.ts';
import { openLoop, spread } from './latency-run.ts';
import { loadOurs } from './ours.ts';
import { pins } from './pins.ts';
import { Skipped, type Figures, type RowContext } from './row.ts';

/**
 * How late the event loop came, in milliseconds: at the 99.9th percentile, and at worst. `turn` is the most CPU that the main thread
 * took between two ticks of a millisecond's timer: the longest block, as a machine without anybody else would show it.
 */
export async function loopDelay(work: () => Promise<Figures | void>): Promise<Figures> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let before = process.threadCpuUsage();
  let turn = 0;
  const ticker = setInterval(() => {
    const now = process.threadCpuUsage();
    turn = Math.max(turn, now.user + now.system - before.user - before.system);
    before = now;
  }, 1);
  delay.enable();
  const figures = await work();
  // The last step, too: what blocks is counted by the timer after it.
  await wait(5);
  delay.disable();
  clearInterval(ticker);
  return { ...figures, p999: delay.percentile(99.9) / 1e6, worst: delay.max / 1e6, turn: turn / 1e3 };
}

/** Of the whole process while nothing is asked of it. Milliseconds of CPU a second. */
export async function idleCpu(seconds: number): Promise<Figures> {
  const before = process.cpuUsage();
  const begin = performance.now();
  await wait(seconds * 1_000);
  const { user, system } = process.cpuUsage(before);
  return { idle: (user + system) / (performance.now() - begin) };
}

export interface Link {
  readonly brokers: readonly string[];
  /** @param roundTrip milliseconds that it adds to what the machine needs; undefined: nobody answers */
  readonly set: (roundTrip: number | undefined) => Promise<void>;
  readonly close: () => void;
}

/** The way to the bench's broker that a row can slow down or cut. */
export async function openLink({ link }: RowContext): Promise<Link> {
  if (link === undefined) throw new Skipped('it takes a broker of the bench’s own');
  const { port, target } = link;
  const [program, ...args] = pinnedTo(pins?.broker, process.execPath, []);
  const path = fileURLToPath(new URL('link.ts', import.meta.url));
  const child = fork(path, [String(port), String(target)], {
    execPath: program,
    execArgv: args,
  });
  const set = async (roundTrip: number | undefined): Promise<void> => {
    child.send(roundTrip ?? 'cut');
    await once(child, 'message');
  };
  await set(0);
  return { brokers: [`127.0.0.1:${String(port)}`], set, close: () => void child.kill('SIGKILL') };
}

/** Lines of the log may be a hundred thousand: they are the row's own matter. */
export const silent: Collector.InitConfig['logger'] = { handler: () => undefined };

/** A flow that is up, and has had its first answer. */
export async function warmFlow(
  context: RowContext,
  config: Destination.Config,
  code?: Destination.Instance,
): Promise<Collector.Instance> {
  const collector = await openFlow(code ?? (await loadOurs()), config, silent);
  const load = loadOf(collector, context);
  await load(1);
  if (collector.status.failed > 0) throw new Error('the first push failed');
  await load(context.warmUp);
  return collector;
}

/** Pushes at a rate for a while, whatever the answers do. Milliseconds of them. */
export async function atRate(
  collector: Collector.Instance,
  perSecond: number,
  seconds: number,
): Promise<Figures> {
  const events = readEvents();
  return spread(
    await openLoop(Math.ceil(perSecond * seconds), perSecond, (index) => collector.push(nth(events, index))),
  );
}

/** As fast as a source could: some in each turn, until all are begun; resolves when all are answered. */
export async function burst(collector: Collector.Instance, count: number): Promise<void> {
  const events = readEvents();
  const answers: Promise<unknown>[] = [];
  for (let index = 0; index < count; index++) {
    answers.push(collector.push(nth(events, index)));
    if (index % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(answers);
}

/** @returns seconds until the file, with its log, is smaller than a tenth of what it was; at most a minute and a half */
export async function untilSmall(path: string, was: number): Promise<number> {
  const begin = performance.now();
  const seconds = (): number => (performance.now() - begin) / 1_000;
  while (seconds() < 90 && (await bytesOf(path)) > was / 10) await wait(200);
  return seconds();
}

export async function bytesOf(path: string): Promise<number> {
  const sizes = await Promise.all(
    [path, `${path}-wal`].map((file) =>
      stat(file).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
