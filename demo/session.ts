import { randomBytes } from 'node:crypto';
import type { StoredRecord } from '../scripts/kafka/console-format.ts';
import { closeInTime, type Summary } from './close.ts';
import { startDemoFlow } from './flow.ts';
import { openKafka } from './kafka.ts';
import type { StartOptions } from './options.ts';
import { buildPage, pageFolder } from './page/build.ts';
import { paint } from './paint.ts';
import { choosePort } from './port.ts';
import { startReader } from './reader.ts';
import { field, showRecord } from './show.ts';
import { topics } from './topics.ts';

export interface Session {
  readonly origin: string;
  /** Stored with every record of this session, as the header `run`. */
  readonly run: string;
  /** The records of this session, as read back so far. */
  readonly records: readonly StoredRecord[];
  /** Rejects when records can no longer be read back; never resolves. */
  readonly failed: Promise<never>;
  /** Stops intake, sends what waits, reads it back and ends everything, within five seconds. */
  close(): Promise<Summary>;
}

/** Starts broker, consumer and flow, prints where they are, and from then on every record that is read back. */
export async function openSession(options: Pick<StartOptions, 'port' | 'portGiven'>): Promise<Session> {
  const { port, note } = await choosePort(options.port, options.portGiven);
  console.log(`${paint('bold', 'walkerOS → Kafka')}\n`);

  // Building the page takes a moment of processor time and the broker seconds of waiting: together.
  const page = buildPage();
  page.catch(() => undefined);
  const { cluster, ends } = await openKafka();
  const { direct } = cluster;

  const run = randomBytes(3).toString('hex');
  const records: StoredRecord[] = [];
  const reader = startReader(direct, topics, (record) => {
    if (record.offset < (ends.get(record.topic)?.[record.partition] ?? 0)) return;
    if (isOf(run, record)) records.push(record);
    console.log(showRecord(record, paint, process.stdout.columns));
  });
  try {
    await page;
    const flow = await startDemoFlow({ brokers: cluster.brokers, port, page: pageFolder, run, onLog });
    printHead({ kind: cluster.kind, brokers: cluster.brokers, origin: flow.origin, note });
    const close = (): Promise<Summary> =>
      closeInTime({ flow, reader, cluster, ends, readBack: () => records.length });
    return { origin: flow.origin, run, records, failed: reader.failed, close };
  } catch (error) {
    await Promise.all([reader.stop(), cluster.stop()]);
    throw error;
  }
}

const isOf = (run: string, { headers }: StoredRecord): boolean =>
  headers.some(([name, value]) => name === 'run' && value?.toString() === run);

const kinds = {
  external: 'from KAFKA_BROKERS',
  embedded: 'started here, ends with this',
  container: 'started here in a container, ends with this',
} as const;

interface Head {
  readonly kind: keyof typeof kinds;
  readonly brokers: readonly string[];
  readonly origin: string;
  readonly note: string | undefined;
}

function printHead({ kind, brokers, origin, note }: Head): void {
  const command = `curl -H 'content-type: application/json' -d '{"name":"page view"}' ${origin}/collect`;
  const lines = [
    field('Kafka', `${brokers.join(', ')}  ${paint('dim', kinds[kind])}`, paint),
    field('topics', topics.join(', '), paint),
    field(
      'page',
      `${paint('cyan', `${origin}/`)}${note === undefined ? '' : paint('dim', `  ${note}`)}`,
      paint,
    ),
    field('events', command, paint),
    '',
    paint(
      'dim',
      "Every record below is read back by Kafka's own Java consumer (its start takes a few seconds).",
    ),
    paint('dim', 'Ctrl-C ends everything.'),
  ];
  console.log(lines.join('\n'));
}

function onLog(level: 'WARN' | 'ERROR', text: string): void {
  const label = level === 'ERROR' ? paint('red', 'error') : paint('yellow', 'warning');
  console.log(`\n${label}  ${text}`);
}
