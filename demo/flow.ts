import { type Collector, Level, type Logger } from '@walkeros/core';
import { startFlow } from '@walkeros/collector';
import { destinationKafka } from '../src/index.ts';
import { host } from './port.ts';
import { type HttpSource, sourceHttp } from './source-http/index.ts';
import { eventsTopic, ordersTopic } from './topics.ts';

export interface FlowOptions {
  readonly brokers: readonly string[];
  readonly port: number;
  /** The folder with the tagged page. */
  readonly page: string;
  /** Stored with every record, so that the records of this run are known among others'. */
  readonly run: string;
  readonly onLog: (level: 'WARN' | 'ERROR', text: string) => void;
}

export interface DemoFlow {
  /** Such as http://127.0.0.1:8080. */
  readonly origin: string;
  /** Events that Kafka acknowledged; whoever posted them is answered after that. */
  accepted(): number;
  /** Stops intake, answers what is in flight, sends what waits. */
  shutdown(): Promise<unknown>;
}

/** The flow that the demo shows: HTTP source → collector → Kafka. */
export async function startDemoFlow({ brokers, port, page, run, onLog }: FlowOptions): Promise<DemoFlow> {
  let accepted = 0;
  const { collector } = await startFlow({
    run: true,
    logger: { level: 'WARN', handler: logHandler(onLog) },
    sources: { http: { code: sourceHttp, config: { settings: { port, host, static: page } } } },
    destinations: {
      kafka: {
        code: counted(() => accepted++),
        config: {
          settings: {
            kafka: {
              brokers: [...brokers],
              topic: eventsTopic,
              // One visitor, one partition: a visitor's events stay in order. Without a session: the event's name.
              key: 'user.session',
              headers: { run },
            },
          },
          mapping: {
            order: {
              complete: {
                settings: { topic: ordersTopic, key: 'data.id' },
                data: {
                  map: {
                    order_id: 'data.id',
                    total: 'data.total',
                    currency: 'data.currency',
                    session: 'user.session',
                    event_id: 'id',
                  },
                },
              },
            },
          },
        },
      },
    },
  });
  return {
    origin: originOf(collector),
    accepted: () => accepted,
    shutdown: () => collector.command('shutdown'),
  };
}

/** The destination as it is, counting what it says is stored: the collector's own count leaves out its queue. */
function counted(onStored: () => void): typeof destinationKafka {
  return {
    ...destinationKafka,
    async push(event, context) {
      await destinationKafka.push(event, context);
      onStored();
    },
  };
}

function originOf(collector: Collector.Instance): string {
  const { origin } = collector.sources.http as unknown as HttpSource;
  if (origin === undefined) throw new Error('The HTTP source does not listen.');
  return origin;
}

function logHandler(onLog: FlowOptions['onLog']): Logger.Handler {
  return (level, message, context, scope) => {
    const place = scope.length > 0 ? `${scope.join(' › ')}: ` : '';
    // Some parts of walkerOS say what went wrong in the context only.
    const reason = context.error?.message ?? '';
    const more = reason === '' || message.includes(reason) ? '' : ` (${reason})`;
    onLog(level === Level.ERROR ? 'ERROR' : 'WARN', `${place}${message}${more}`);
  };
}
