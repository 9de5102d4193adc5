import { createMemoryCluster, type MemoryClusterOptions } from '../../support/memory-cluster.ts';
import { resolveOptions } from '../../../src/config/resolve.ts';
import { openRuntime, type Runtime } from '../../../src/runtime.ts';
import type { Settings } from '../../../src/types.ts';
import { recordOf } from './reports.ts';

/** A whole destination over a cluster in memory, wired as in production, with short pauses. */
export async function openOn(
  clusterOptions: MemoryClusterOptions = {},
  kafka: Partial<Settings['kafka']> = {},
  settings: Omit<Settings, 'kafka'> = {},
) {
  const cluster = createMemoryCluster({ topics: { events: 1 }, ...clusterOptions });
  const log: string[] = [];
  const reported: unknown[] = [];
  const told = { requests: 0 };
  const write = (level: string) => (message: string) => void log.push(`${level} ${message}`);
  const { options } = resolveOptions({
    ...settings,
    kafka: {
      brokers: ['b1:9092'],
      topic: 'events',
      retry: { initialRetryTime: 5, maxRetryTime: 5 },
      ...kafka,
    },
  });
  const runtime = await openRuntime(
    options,
    {
      id: 'kafka',
      env: {},
      logger: { error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug') },
      reportError: (error) => reported.push(error),
    },
    (_options, _env, { produced }) =>
      Promise.resolve(
        cluster.client((report) => {
          told.requests++;
          produced(report);
        }),
      ),
  );
  return { cluster, log, reported, told, runtime };
}

/** Sends a record; resolves to the code of the error, if any. */
export async function send(
  { producer }: Runtime,
  topic = 'events',
  value = 'v',
): Promise<string | undefined> {
  const [error] = await producer.sendAll([recordOf({ topic, value: Buffer.from(value) })]);
  return error?.code;
}
