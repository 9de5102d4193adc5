import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { closeFlow, kafkaConfig, loadOf, openFlow, type KafkaChoice } from '../flow-run.ts';
import { runFirstPush, type FirstPushChoice } from '../first-push-run.ts';
import { measure } from '../measure.ts';
import { loadOurs } from '../ours.ts';
import type { Figures, Part, Row, RowContext, RowResult, Target } from '../row.ts';
import { delayedSink, expiringSink, groupSink } from '../sinks.ts';
import { fillSpool, withFolder } from '../spool-file.ts';
import {
  atRate,
  burst,
  bytesOf,
  idleCpu,
  loopDelay,
  openLink,
  silent,
  untilSmall,
  warmFlow,
  type Link,
} from '../smooth-run.ts';

const sink = 'sink, 5 ms';
const sinkOfMany = 'sink, 200,000 expire';
/** Of the loop's delay, beyond that of the sink: what the product promises. Milliseconds. */
const most = { p999: 50, worst: 100 };
const codecs = ['gzip', 'lz4', 'none'] as const;
const roundTrips = [50, 200] as const;
/** Records that wait while nobody asks for anything, or until their time is over. */
const backlog = 200_000;
/** Until their time is over, in milliseconds. */
const expiryTimeout = 10_000;
/** As many events as `bufferMemory` takes by default, and more. */
const memoryful = 40_000;

const withLoop: Row[] = [
  {
    name: 'in a flow',
    run: (context) => busy(context, warmFlow(context, kafkaConfig(context, {}))),
  },
  drained(6),
  drained(60),
  drained(600),
  { name: 'start with a spool of 1 GB', run: started },
  { name: 'brokers gone, 32 MB to the disk', run: overflown },
  { name: 'brokers gone for 10 s, 2,000/s', run: outage },
  { name: 'spool always, 10,000/s', run: always },
];
/** The last one: for minutes the broker is busy with so many partitions. */
const ofMany: Row = { name: 'expiry, 5,000 partitions', partitions: 5_000, run: expired };

const firsts = [
  { from: 'source', client: 'platformatic' },
  { from: 'source', client: 'kafkajs' },
  { from: 'bundle', client: 'platformatic' },
  { from: 'bundle', client: 'kafkajs' },
] as const satisfies FirstPushChoice[];

export const smooth: Part = {
  title: 'Smooth',
  method:
    'How late the event loop comes (Node’s own histogram, a millisecond’s resolution, milliseconds), and how slow links, many ' +
    'partitions and idle flows do. Drain: a spool of 0.9 KB records that an earlier process left, with 200 new pushes a second. ' +
    'Links: each way half of the round trip; `share` is of 1,000 a round trip, closed loop with 1,000 in flight; `trips` is the ' +
    'median latency of an open loop at 3,000/s in round trips. Idle: CPU of the whole process, milliseconds a second.',
  events: 500_000,
  quickEvents: 5_000,
  publicOnly: true,
  columns: [
    { figure: 'p999', title: 'loop p99.9 ms', digits: 1 },
    { figure: 'worst', title: 'worst ms', digits: 1 },
    { figure: 'turn', title: 'CPU of a turn ms', digits: 1 },
    { figure: 'rate', title: 'events/s', digits: 0 },
    { figure: 'p50', title: 'push p50 ms', digits: 1 },
    { figure: 'p99', title: 'p99 ms', digits: 1 },
    { figure: 'max', title: 'max ms', digits: 0 },
    { figure: 'cpu', title: 'CPU µs/event', digits: 1 },
    { figure: 'share', title: 'share', digits: 2 },
    { figure: 'trips', title: 'trips', digits: 2 },
    { figure: 'idle', title: 'idle ms/s', digits: 1 },
    { figure: 'small', title: 's until small', digits: 1 },
    { figure: 'first', title: 'first push ms', digits: 1 },
    { figure: 'firstRatio', title: '× the second', digits: 2 },
  ],
  rows: [
    { name: sink, run: (context) => busy(context, warmFlow(context, {}, delayedSink), false) },
    ...withLoop,
    ...roundTrips.flatMap((roundTrip) => [
      grouped(roundTrip),
      ...codecs.map((codec) => linked(roundTrip, codec)),
    ]),
    spread(6),
    spread(500),
    spread(1_000),
    {
      name: `idle, brokers gone, ${backlog.toLocaleString('en-US')} wait`,
      // V8 would mark the heap that the burst left again, two gigabytes of the collector's: four seconds of CPU within the ten.
      nodeFlags: ['--no-memory-reducer'],
      run: idleBacklog,
    },
    idle('platformatic'),
    idle('kafkajs'),
    ...firsts.map(first),
    { name: sinkOfMany, run: expiredInSink },
    ofMany,
  ],
  targets: [
    ...withLoop.flatMap(({ name }) => [beyond(name, 'p999'), beyond(name, 'worst')]),
    // To collect the garbage of so many pushes takes the same flow long whatever the destination.
    beyond(ofMany.name, 'p999', sinkOfMany),
    beyond(ofMany.name, 'worst', sinkOfMany),
    ...withLoop.filter(({ name }) => name.startsWith('drain')).map(({ name }) => rate(name)),
    ...withLoop.filter(({ name }) => name.startsWith('drain')).map(({ name }) => small(name)),
    ...roundTrips.flatMap((roundTrip) =>
      codecs.flatMap((codec): Target[] => [
        { row: linkName(roundTrip, codec), figure: 'share', bound: 'at least', limit: 0.8 },
        { row: linkName(roundTrip, codec), figure: 'trips', bound: 'at most', limit: 1.7 },
      ]),
    ),
    ...firsts.flatMap((choice): Target[] => [
      beyond(firstName(choice), 'worst'),
      { row: firstName(choice), figure: 'firstRatio', bound: 'at most', limit: 1.5 },
    ]),
    { row: spreadName(1_000), figure: 'cpu', against: spreadName(6), bound: 'at most', limit: 1.6 },
    { row: 'idle, brokers gone, 200,000 wait', figure: 'idle', bound: 'at most', limit: 5, unit: ' ms/s' },
  ],
};

function beyond(row: string, figure: keyof typeof most, yardstick = sink): Target {
  return { row, figure, beyond: yardstick, bound: 'at most', limit: most[figure], unit: ' ms' };
}

function rate(row: string): Target {
  return { row, figure: 'rate', bound: 'at least', limit: 19_000 };
}

function small(row: string): Target {
  return { row, figure: 'small', bound: 'at most', limit: 60, unit: ' s' };
}

function firstName({ from, client }: FirstPushChoice): string {
  return `first push, ${String(client)}, ${from}`;
}

/** Some starts, each in a process of its own; `worst` and `turn` are of start, idle second and first push. */
function first(choice: FirstPushChoice): Row {
  return {
    name: firstName(choice),
    run: async (context) => {
      const { figures, stored } = await runFirstPush({ ...context, events: 5 }, choice);
      const worst = (...names: string[]): number => Math.max(...names.map((name) => figures[name] ?? NaN));
      return {
        figures: {
          ...figures,
          worst: worst('startBlock', 'upBlock', 'firstBlock'),
          turn: worst('startBlockMain', 'upBlockMain', 'firstBlockMain'),
        },
        stored,
      };
    },
  };
}

/** The closed loop of the other parts. */
async function busy(
  context: RowContext,
  opened: ReturnType<typeof warmFlow>,
  stores = true,
): Promise<RowResult> {
  const collector = await opened;
  const events = Math.ceil(context.events / 5);
  const figures = await loopDelay(() => measure(() => loadOf(collector, context)(events)));
  const { out } = collector.status;
  await closeFlow(collector);
  return { figures, stored: stores ? out : 0 };
}

function drained(partitions: number): Row {
  return {
    name: `drain, ${String(partitions)} partitions`,
    partitions,
    run: (context) => withFolder((folder) => drain(context, join(folder, 'spool.db'))),
  };
}

/** From the flow's first push until the spool is empty and its file small. */
async function drain(context: RowContext, path: string): Promise<RowResult> {
  await fillSpool(context, path);
  const was = await bytesOf(path);
  // What the first push costs is not the drain's.
  const warmUp = 1_000;
  await closeFlow(await warmFlow({ ...context, warmUp }, kafkaConfig(context, {})));
  const { promise: drained, resolve } = Promise.withResolvers<void>();
  const handler = (_level: unknown, message: string): void => {
    if (message.includes('everything in the spool was delivered')) resolve();
  };
  let pushed = 1 + warmUp + 1;
  const figures = await loopDelay(async () => {
    const config = kafkaConfig(context, {}, { path, mode: 'overflow' });
    const collector = await openFlow(await loadOurs(), config, { level: 'INFO', handler });
    // The row "start" is about what comes before it.
    await loadOf(collector, context)(1);
    const begin = performance.now();
    let seconds = 0;
    const done = drained.then(() => (seconds = (performance.now() - begin) / 1_000));
    const answers: Figures[] = [];
    while (seconds === 0) {
      answers.push(await atRate(collector, 200, 1));
      pushed += 200;
    }
    await done;
    const small = await untilSmall(path, was);
    await closeFlow(collector);
    const over = (figure: string): number => Math.max(...answers.map((each) => each[figure] ?? NaN));
    return { rate: context.events / seconds, p50: over('p50'), p99: over('p99'), max: over('max'), small };
  });
  return { figures, stored: context.events + pushed };
}

/** Until the first push is answered: two thirds of a millisecond of work a megabyte must not come in one piece. */
function started(context: RowContext): Promise<RowResult> {
  return withFolder(async (folder) => {
    const path = join(folder, 'spool.db');
    const records = Math.ceil(context.events / 2);
    await fillSpool({ ...context, events: records }, path, 1_200);
    const link = await openLink(context);
    await closeFlow(await warmFlow({ ...context, warmUp: 1_000 }, through(link, context, {})));
    await link.set(undefined);
    const figures = await loopDelay(async () => {
      const config = through(link, context, { deliveryTimeout: 5_000 }, { path, mode: 'overflow' });
      const collector = await openFlow(await loadOurs(), config, silent);
      const begin = performance.now();
      await loadOf(collector, context)(1);
      const max = performance.now() - begin;
      await collector.command('shutdown');
      return { max };
    });
    link.close();
    return { figures, stored: undefined };
  });
}

function overflown(context: RowContext): Promise<RowResult> {
  return cutOff(context, { deliveryTimeout: 10_000 }, async (collector, link) => {
    await link.set(undefined);
    return loopDelay(async () => {
      await burst(collector, memoryful);
      await collector.command('shutdown');
    });
  });
}

function outage(context: RowContext): Promise<RowResult> {
  return cutOff(context, {}, (collector, link) =>
    loopDelay(async () => {
      const answers = atRate(collector, 2_000, 20);
      await wait(3_000);
      await link.set(undefined);
      await wait(10_000);
      await link.set(0);
      const spread = await answers;
      await closeFlow(collector);
      return spread;
    }),
  );
}

/** A warm flow with a spool, whose way to the broker can be cut. */
function cutOff(
  context: RowContext,
  choice: KafkaChoice,
  work: (collector: Awaited<ReturnType<typeof warmFlow>>, link: Link) => Promise<Figures>,
): Promise<RowResult> {
  return withFolder(async (folder) => {
    const link = await openLink(context);
    const spool = { path: join(folder, 'spool.db'), mode: 'overflow' } as const;
    const figures = await work(await warmFlow(context, through(link, context, choice, spool)), link);
    link.close();
    return { figures, stored: undefined };
  });
}

function always(context: RowContext): Promise<RowResult> {
  return withFolder(async (folder) => {
    const collector = await warmFlow(
      context,
      kafkaConfig(context, {}, { path: join(folder, 'spool.db'), mode: 'always' }),
    );
    const figures = await loopDelay(() => atRate(collector, 10_000, 10));
    await closeFlow(collector);
    return { figures, stored: undefined };
  });
}

/** Records of many partitions that nobody leads any more, and whose time is over at once. */
async function expired(context: RowContext): Promise<RowResult> {
  const link = await openLink(context);
  const choice = { deliveryTimeout: expiryTimeout, bufferMemory: 2 ** 29 };
  const collector = await warmFlow(context, through(link, context, choice));
  await link.set(undefined);
  const figures = await untilOver(collector, context);
  link.close();
  return { figures, stored: undefined };
}

async function expiredInSink(context: RowContext): Promise<RowResult> {
  const { code, cut } = expiringSink(expiryTimeout);
  const collector = await warmFlow(context, {}, code);
  cut();
  return { figures: await untilOver(collector, context), stored: 0 };
}

function untilOver(collector: Awaited<ReturnType<typeof warmFlow>>, context: RowContext): Promise<Figures> {
  return loopDelay(async () => {
    await burst(collector, Math.min(backlog, context.events));
    await collector.command('shutdown');
  });
}

function linkName(roundTrip: number, codec: string): string {
  return `+${String(roundTrip)} ms, ${codec}`;
}

function linked(roundTrip: number, compression: (typeof codecs)[number]): Row {
  return {
    name: linkName(roundTrip, compression),
    run: async (context) => {
      const link = await openLink(context);
      const collector = await warmFlow(context, through(link, context, { compression }));
      await link.set(roundTrip);
      // Until the flow knows how slow the link is: it goes by the shortest round trip of late, which was half a millisecond.
      await loadOf(collector, { limitMs: Infinity })(20_000);
      const figures = await overLink(collector, context, roundTrip);
      link.close();
      return { figures, stored: undefined };
    },
  };
}

/** What the collector alone makes of the same link. */
function grouped(roundTrip: number): Row {
  return {
    name: linkName(roundTrip, 'a sink with one group out'),
    run: async (context) => {
      const collector = await warmFlow(context, {}, groupSink(roundTrip));
      return { figures: await overLink(collector, context, roundTrip), stored: 0 };
    },
  };
}

async function overLink(
  collector: Awaited<ReturnType<typeof warmFlow>>,
  context: RowContext,
  roundTrip: number,
): Promise<Figures> {
  const load = loadOf(collector, { limitMs: Infinity });
  const closed = await measure(() => load(1_000 * Math.min(Math.ceil(5_000 / roundTrip), context.events)));
  const open = await atRate(collector, 3_000, context.events < 10_000 ? 1 : 5);
  await closeFlow(collector);
  const share = (closed.rate * roundTrip) / 1_000 / 1_000;
  return { ...open, rate: closed.rate, cpu: closed.cpu, share, trips: (open.p50 ?? NaN) / roundTrip };
}

function spreadName(partitions: number): string {
  return `topic of ${partitions.toLocaleString('en-US')} partitions`;
}

function spread(partitions: number): Row {
  return {
    name: spreadName(partitions),
    partitions,
    run: (context) => busy(context, warmFlow(context, kafkaConfig(context, {}))),
  };
}

async function idleBacklog(context: RowContext): Promise<RowResult> {
  const link = await openLink(context);
  const choice = { deliveryTimeout: 600_000, bufferMemory: 2 ** 29 };
  const collector = await warmFlow(context, through(link, context, choice));
  await link.set(undefined);
  void burst(collector, Math.min(backlog, context.events));
  // Until all are pushed, and the heap is marked.
  for (let calm = 0; calm < 3;) calm = ((await idleCpu(1)).idle ?? NaN) < 50 ? calm + 1 : 0;
  const figures = await idleCpu(10);
  link.close();
  return { figures, stored: undefined };
}

function idle(client: 'platformatic' | 'kafkajs'): Row {
  return {
    name: `idle, ${client}`,
    run: async (context) => {
      const collector = await warmFlow(context, kafkaConfig(context, { client }));
      await wait(2_000);
      const figures = await idleCpu(10);
      await closeFlow(collector);
      return { figures, stored: 1 + context.warmUp };
    },
  };
}

function through(
  { brokers }: Link,
  context: RowContext,
  choice: KafkaChoice,
  spool?: Parameters<typeof kafkaConfig>[2],
): ReturnType<typeof kafkaConfig> {
  return kafkaConfig({ ...context, brokers }, choice, spool);
}
