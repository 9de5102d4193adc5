import { formatterArguments, recordSplitter, type StoredRecord } from './console-format.ts';
import { spawnTool, type ToolProcess } from './tools.ts';

export interface Following {
  /** Resolves when the consumers have ended; rejects when one of them failed. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export interface FollowOptions {
  /** Only what is written from now on; default: from the first record on. */
  readonly fromNow?: boolean;
  /** Ends by itself after this many records of each topic. */
  readonly count?: (topic: string) => number;
}

/**
 * Hands over records as Kafka's own Java consumer reads them. It is not one of the two libraries that the package writes
 * with, so a fault in one of those cannot hide itself. One JVM per topic: the console consumer does not print topics.
 */
export async function follow(
  brokers: readonly string[],
  topics: readonly string[],
  onRecord: (record: StoredRecord) => void,
  options: FollowOptions = {},
): Promise<Following> {
  const consumers = await Promise.all(topics.map((topic) => consume(brokers, topic, onRecord, options)));
  let stopped = false;
  const ends = consumers.map(({ child, end }) =>
    end.then(({ code, errors }) => {
      if (code === 0 || stopped) return;
      stopped = true;
      consumers.forEach((other) => other.child.kill('SIGKILL'));
      throw new Error(
        `The console consumer ended with ${String(code)} (pid ${String(child.pid)}): ${errors}`,
      );
    }),
  );
  const ended = Promise.all(ends).then(() => undefined);
  ended.catch(() => undefined);
  return {
    ended,
    async stop() {
      stopped = true;
      consumers.forEach(({ child }) => child.kill('SIGKILL'));
      await ended;
    },
  };
}

interface Consumer {
  readonly child: ToolProcess;
  readonly end: Promise<{ readonly code: number | null; readonly errors: string }>;
}

async function consume(
  brokers: readonly string[],
  topic: string,
  onRecord: (record: StoredRecord) => void,
  { fromNow, count }: FollowOptions,
): Promise<Consumer> {
  const args = ['--bootstrap-server', brokers.join(','), '--topic', topic, ...formatterArguments];
  // Without it, the consumer finds out about a topic made a moment ago only after five minutes.
  args.push(
    '--command-property',
    'metadata.max.age.ms=2000',
    '--command-property',
    'allow.auto.create.topics=false',
  );
  args.push('--command-property', 'enable.auto.commit=false');
  if (!fromNow) args.push('--from-beginning');
  if (count) args.push('--max-messages', String(count(topic)));
  const child = await spawnTool('ConsoleConsumer', args);
  let errors = '';
  child.stdin.on('error', () => undefined);
  child.stdout.setEncoding('utf8').on('data', recordSplitter(topic, onRecord));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-3000)));
  const end = new Promise<{ code: number | null; errors: string }>((resolve) => {
    child.once('error', (error) => resolve({ code: -1, errors: error.message }));
    child.once('close', (code) => resolve({ code, errors }));
  });
  return { child, end };
}
