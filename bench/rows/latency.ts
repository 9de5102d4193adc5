import { nth, readEvents } from '../data.ts';
import { openEngine } from '../engine-run.ts';
import { closeFlow, kafkaConfig, openFlow } from '../flow-run.ts';
import { openLoop, sequential, spread } from '../latency-run.ts';
import { loadOurs } from '../ours.ts';
import { rawKafkajs, rawPlatformatic } from '../raw.ts';
import { readRecords } from '../records.ts';
import type { Part, Row, RowContext, Target } from '../row.ts';

type Client = 'platformatic' | 'kafkajs';
type Send = (index: number) => Promise<unknown>;
interface Sender {
  readonly send: Send;
  readonly close: () => Promise<void>;
}

const perSecond = 2_000;
/** Sequential sends are a hundred times slower than pushes in flight. */
const aloneShare = 1 / 5;

export const latency: Part = {
  title: 'Latency',
  method:
    'Milliseconds, gzip. Alone: one after the other. Open loop: 2,000 a second whatever the answers do, from when each was ' +
    "due. Raw: the library's own producer, one send per record. Ours: a push through a real collector; engine: without it.",
  events: 20_000,
  quickEvents: 1_000,
  columns: [
    { figure: 'p50', title: 'p50 ms', digits: 2 },
    { figure: 'p99', title: 'p99 ms', digits: 2 },
    { figure: 'max', title: 'max ms', digits: 1 },
  ],
  rows: [...rowsOf('platformatic'), ...rowsOf('kafkajs')],
  targets: [...targetsOf('platformatic'), ...targetsOf('kafkajs')],
};

function rowsOf(client: Client): Row[] {
  const senders = { raw: rawSender, engine: engineSender, ours: flowSender };
  return Object.entries(senders).flatMap(([kind, open]): Row[] => [
    {
      name: `alone, ${kind} ${client}`,
      share: aloneShare,
      run: (context) => run(context, () => open(context, client), sequential),
    },
    {
      name: `open loop, ${kind} ${client}`,
      run: (context) =>
        run(
          context,
          () => open(context, client),
          (count, send) => openLoop(count, perSecond, send),
        ),
    },
  ]);
}

async function run(
  context: RowContext,
  open: () => Promise<Sender>,
  drive: (count: number, send: Send) => Promise<number[]>,
) {
  const { send, close } = await open();
  await drive(context.warmUp, send);
  const latencies = await drive(context.events, send);
  await close();
  return { figures: spread(latencies), stored: context.warmUp + context.events };
}

async function rawSender(context: RowContext, client: Client): Promise<Sender> {
  const records = readRecords(context.topic);
  if (client === 'platformatic') {
    const { messages, send, close } = await rawPlatformatic(context, records, 'gzip');
    return { send: (index) => send([nth(messages, index)]), close };
  }
  const { messages, send, close } = await rawKafkajs(context, records, 'gzip');
  return { send: (index) => send([nth(messages, index)]), close };
}

async function engineSender(context: RowContext, client: Client): Promise<Sender> {
  const records = readRecords(context.topic);
  const engine = await openEngine(context, { client });
  return { send: (index) => engine.producer.send(nth(records, index)), close: () => engine.close() };
}

async function flowSender(context: RowContext, client: Client): Promise<Sender> {
  const events = readEvents();
  const collector = await openFlow(await loadOurs(), kafkaConfig(context, { client }));
  return { send: (index) => collector.push(nth(events, index)), close: () => closeFlow(collector) };
}

function targetsOf(client: Client): Target[] {
  return [
    {
      row: `alone, ours ${client}`,
      figure: 'p50',
      against: `alone, raw ${client}`,
      bound: 'at most',
      limit: 1.2,
    },
    {
      row: `open loop, ours ${client}`,
      figure: 'p99',
      against: `open loop, raw ${client}`,
      bound: 'at most',
      limit: 1.5,
    },
  ];
}
