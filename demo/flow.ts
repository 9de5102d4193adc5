import { Level, type Logger } from '@walkeros/core';
import { startFlow } from '@walkeros/collector';
import { destinationKafka, type Settings } from '../src/index.ts';
import type { PushCounts } from './ledger.ts';
import { type HttpSource, sourceHttp } from './source-http/index.ts';
import { deadLetterTopic, eventsTopic, missingTopic, ordersTopic } from './topics.ts';

export interface FlowOptions {
  readonly brokers: readonly string[];
  /** The folder with the tagged page. */
  readonly page: string;
  /** Stored with every record, so that the records of this run are known among others'. */
  readonly run: string;
  /** The file in which events wait that Kafka cannot take yet. */
  readonly spool: string;
  /** Told about every push. */
  readonly counts: PushCounts;
  readonly onLog: (level: 'WARN' | 'ERROR', text: string) => void;
}

export interface DemoFlow {
  /** Serves the page and takes events; to be mounted in a server. */
  readonly handler: HttpSource['httpHandler'];
  /** Stops intake, answers what is in flight, sends what waits. */
  shutdown(): Promise<unknown>;
}

/** The flow that the demo shows: HTTP source → collector → Kafka. */
export async function startDemoFlow({
  brokers,
  page,
  run,
  spool,
  counts,
  onLog,
}: FlowOptions): Promise<DemoFlow> {
  const settings: Settings = {
    kafka: {
      brokers: [...brokers],
      topic: eventsTopic,
      // One visitor, one partition: a visitor's events stay in order. Without a session: the event's name.
      key: 'user.session',
      headers: { run },
      // Nothing twice, as long as this process lives.
      idempotent: true,
      // A broker that is started again is found soon.
      retry: { initialRetryTime: 100, maxRetryTime: 1000 },
    },
    deadLetter: { topic: deadLetterTopic },
    // Answered when it is on disk: an outage costs whoever sends nothing, not even time.
    spool: { path: spool, mode: 'always' },
  };
  const { collector } = await startFlow({
    run: true,
    logger: { level: 'WARN', handler: logHandler(onLog) },
    sources: { http: { code: sourceHttp, config: { settings: { static: page } } } },
    destinations: {
      kafka: {
        code: counted(counts),
        config: {
          settings,
          mapping: {
            order: {
              complete: {
                settings: { topic: ordersTopic, key: 'data.id' },
                data: {
                  map: {
                    event: 'name',
                    order_id: 'data.id',
                    total: 'data.total',
                    currency: 'data.currency',
                    session: 'user.session',
                    event_id: 'id',
                  },
                },
              },
            },
            demo: { astray: { settings: { topic: missingTopic } } },
          },
        },
      },
    },
  });
  return {
    handler: (collector.sources.http as unknown as HttpSource).httpHandler,
    shutdown: () => collector.command('shutdown'),
  };
}

/** The destination as it is, with a count of what goes in and what it says of it. */
function counted(counts: PushCounts): typeof destinationKafka {
  return {
    ...destinationKafka,
    async push(event, context) {
      counts.taken++;
      try {
        await destinationKafka.push(event, context);
        counts.acknowledged++;
      } catch (error) {
        counts.refused++;
        throw error;
      }
    },
  };
}

function logHandler(onLog: FlowOptions['onLog']): Logger.Handler {
  return (level, message, context, scope) => {
    // The collector remembers a thousand events for destinations that join later: of that many it forgets, none is lost.
    if (message.startsWith('collector.queue overflow')) return;
    const place = scope.length > 0 ? `${scope.join(' › ')}: ` : '';
    // Some parts of walkerOS say what went wrong in the context only.
    const reason = context.error?.message ?? '';
    const more = reason === '' || message.includes(reason) ? '' : ` (${reason})`;
    onLog(level === Level.ERROR ? 'ERROR' : 'WARN', `${place}${message}${more}`);
  };
}
