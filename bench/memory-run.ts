import type { Destination } from '@walkeros/core';
import { startKafka } from '../scripts/kafka/launch.ts';
import { createTopic } from '../scripts/kafka/topics.ts';
import { nth, readEvents } from './data.ts';
import { inFlight, openFlow, closeFlow } from './flow-run.ts';
import { Load } from './load.ts';
import { pins } from './pins.ts';
import type { RowContext, RowResult } from './row.ts';
import { median, quantile } from './statistics.ts';

const mebibyte = 2 ** 20;
const sampleMs = 200;
/** Pushes begun per turn of the event loop, as a busy server would; a hundred thousand at once is no load but a loop. */
const burst = 500;

/** Many events at 1,000 in flight: how much more memory the last tenth of the time needs than the fifth one. */
export async function runLong(
  context: RowContext,
  code: Destination.Instance,
  config: Destination.Config,
): Promise<RowResult> {
  const events = readEvents();
  const collector = await openFlow(code, config);
  const samples: number[] = [];
  const sampler = setInterval(() => samples.push(process.memoryUsage.rss() / mebibyte), sampleMs);
  const stored = await new Load({ events: context.events, inFlight, limitMs: Infinity }, (index, load) => {
    collector.push(nth(events, index)).then(() => load.answered(), load.fail);
  }).run();
  clearInterval(sampler);
  await closeFlow(collector);
  const tenth = (number: number): number[] =>
    samples.slice(
      Math.floor((samples.length * number) / 10),
      Math.ceil((samples.length * (number + 1)) / 10),
    );
  const growth = median(tenth(9)) - median(tenth(4));
  return { figures: { growth, peak: quantile(samples, 1) }, stored };
}

/** Pushes to a broker that is stopped in its tracks: how much memory they take, and how long the slowest is left waiting. */
export async function runFrozen(
  context: RowContext,
  open: (own: RowContext, isFrozen: () => boolean) => Promise<(index: number) => Promise<unknown>>,
): Promise<RowResult> {
  const cluster = await startKafka({ own: true, cpus: pins?.broker });
  let frozen = false;
  try {
    const own = { ...context, brokers: cluster.brokers };
    await createTopic(own.brokers, own.topic, { partitions: 6 });
    const push = await open(own, () => frozen);
    await push(0).catch(unanswered);
    // V8 lets its young generation grow under load, broker or no broker: that is not what is measured here.
    await new Load({ events: context.warmUp, inFlight, limitMs: context.limitMs }, (index, load) => {
      push(index).then(() => load.answered(), load.fail);
    }).run();
    await Promise.all(cluster.nodes.map((node) => node.freeze()));
    frozen = true;
    const begin = process.memoryUsage.rss();
    const { slowest, peak } = await pushAll(context.events, push);
    return { figures: { growth: (peak - begin) / mebibyte, slowest: slowest / 1_000 }, stored: 0 };
  } finally {
    await cluster.stop();
  }
}

/** That a push fails here is what is meant to happen; when it does so is what is measured. */
const unanswered = (): void => undefined;

/** Through a real collector, whose log is silent: a hundred thousand lines would be the most of what is measured. */
export async function flowPush(
  code: Destination.Instance,
  config: Destination.Config,
): Promise<(index: number) => Promise<unknown>> {
  const events = readEvents();
  const collector = await openFlow(code, config, { handler: () => undefined });
  return (index) => collector.push(nth(events, index));
}

/** Keeps next to nothing for each push: what is measured is what the other side keeps. */
async function pushAll(count: number, push: (index: number) => Promise<unknown>) {
  let slowest = 0;
  let peak = 0;
  let open = count;
  const sampler = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), sampleMs);
  await new Promise<void>((resolve) => {
    const pushSome = (first: number): void => {
      const begin = performance.now();
      const settled = (): void => {
        slowest = Math.max(slowest, performance.now() - begin);
        if (--open === 0) resolve();
      };
      const end = Math.min(first + burst, count);
      for (let index = first; index < end; index++) push(index).then(settled, settled);
      if (end < count) setImmediate(pushSome, end);
    };
    pushSome(0);
  });
  clearInterval(sampler);
  return { slowest, peak };
}
