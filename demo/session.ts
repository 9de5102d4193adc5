import { randomBytes } from 'node:crypto';
import { BrokerSwitch } from './broker-switch.ts';
import { closeInTime, type Summary } from './close.ts';
import { startDemoFlow } from './flow.ts';
import { type DemoKafka, openKafka } from './kafka.ts';
import { PushCounts } from './ledger.ts';
import { type Arrival, isOfRun } from './live/arrival.ts';
import { Feed, tracksOf } from './live/feed.ts';
import { LiveView } from './live/live-view.ts';
import { RecentRecords } from './live/recent.ts';
import { showRecord } from './once/show.ts';
import type { StartOptions } from './options.ts';
import { buildPage, pageFolder } from './page/build.ts';
import { choosePort } from './port.ts';
import { startReader } from './reader.ts';
import { Replay } from './replay.ts';
import { actionsOf } from './server/actions.ts';
import { startServer } from './server/server.ts';
import { EventStreams } from './server/sse.ts';
import { SpoolPlace } from './spool-place.ts';
import { printHead, printLog } from './terminal/head.ts';
import { paint } from './terminal/paint.ts';
import { TrafficLines } from './terminal/traffic-line.ts';
import { makeMissingTopic, missingTopic } from './topics.ts';

export interface Session {
  readonly origin: string;
  /** Stored with every record of this session, as the header `run`. */
  readonly run: string;
  /** The records of this session, as read back so far; only `--once` keeps them. */
  readonly records: readonly Arrival[];
  /** Rejects when records can no longer be read back; never resolves. */
  readonly failed: Promise<never>;
  /** Stops intake, sends what waits, reads it back and ends everything, within five seconds. */
  close(): Promise<Summary>;
}

type Options = Pick<StartOptions, 'port' | 'portGiven' | 'once'>;

/** Records that views can open, in bytes. */
const keptForViews = 8 * 1024 * 1024;

/** Starts broker, flow, server and reader, and prints where they are. */
export async function openSession({ port: wanted, portGiven, once }: Options): Promise<Session> {
  const { port, note } = await choosePort(wanted, portGiven);
  console.log(`${paint('bold', 'walkerOS → Kafka')}\n`);

  // Building the page takes a moment of processor time and the broker seconds of waiting: together.
  const page = buildPage();
  page.catch(() => undefined);
  const kafka = await openKafka();
  const spool = new SpoolPlace();
  try {
    await page;
    const session = await run({ kafka, spool, port, once });
    printHead({ cluster: kafka.cluster, origin: session.origin, note, once });
    return session;
  } catch (error) {
    await kafka.cluster.stop();
    spool.remove();
    throw error;
  }
}

interface Parts {
  readonly kafka: DemoKafka;
  readonly spool: SpoolPlace;
  readonly port: number;
  readonly once: boolean;
}

async function run({ kafka: { cluster, ends }, spool, port, once }: Parts): Promise<Session> {
  const run = randomBytes(3).toString('hex');
  const views = new EventStreams();
  const recent = new RecentRecords(keptForViews);
  const tracks = tracksOf(ends);
  if (cluster.kind !== 'external') tracks.push({ topic: missingTopic, partition: 0 });
  const feed = new Feed({ tracks, recent, now: Date.now, random: Math.random });
  const broker = new BrokerSwitch(cluster);
  const counts = new PushCounts();
  const replay = new Replay(() => `${server.origin}/collect`);
  const lines = new TrafficLines();
  const view = new LiveView({
    run,
    tracks,
    feed,
    views,
    broker,
    replay,
    counts,
    spoolDepth: () => spool.depth(),
    onSecond(second, status) {
      const line = once ? undefined : lines.next(second, status, paint);
      if (line !== undefined) console.log(line);
    },
  });
  const onLog = (level: 'WARN' | 'ERROR', text: string): void => {
    printLog(level, text);
    view.log(level, text);
  };

  const flow = await startDemoFlow({
    brokers: cluster.brokers,
    page: pageFolder,
    run,
    spool: spool.path,
    counts,
    onLog,
  });
  const server = await startServer({
    port,
    flow: flow.handler,
    views,
    greet: (response) => view.greet(response),
    find: (place) => recent.find(place),
    actions: actionsOf({
      broker,
      replay,
      post: (event) => post(server.origin, event),
      async makeTopic() {
        await makeMissingTopic(cluster.direct);
        reader.follow(missingTopic, 1);
      },
      onLog,
    }),
  });

  const records: Arrival[] = [];
  const reader = startReader(once, {
    cluster,
    ends,
    run,
    onReading: (reading) => (view.reading = reading),
    onRecord(record) {
      const ours = isOfRun(run, record);
      view.take(record, ours);
      if (!once) return;
      if (ours) records.push(record);
      console.log(showRecord(record, paint, process.stdout.columns));
    },
  });

  return {
    origin: server.origin,
    run,
    records,
    failed: reader.failed,
    async close() {
      replay.stop();
      const summary = await closeInTime({
        flow: { accepted: () => counts.acknowledged, shutdown: () => flow.shutdown() },
        reader,
        cluster,
        ends,
        readBack: () => view.readBack,
        kept: () => spool.depth(),
      });
      view.stop();
      await server.close();
      // What waits for another's cluster outlives this run; what waits for ours goes as its data does.
      if (summary.kept > 0 && cluster.kind === 'external')
        console.log(`\nStill to be delivered: ${spool.path}`);
      else spool.remove();
      return summary;
    },
  };
}

async function post(origin: string, event: object): Promise<number> {
  const response = await fetch(`${origin}/collect`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(event),
  });
  await response.arrayBuffer();
  return response.status;
}
