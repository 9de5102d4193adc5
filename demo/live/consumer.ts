import { setTimeout as sleep } from 'node:timers/promises';
import { Consumer, type Message, type MessagesStream } from '@platformatic/kafka';
import type { Ends } from '../topics.ts';
import type { Arrival } from './arrival.ts';

export interface ConsumerOptions {
  readonly brokers: readonly string[];
  /** Where to begin, for every partition that is to be read. */
  readonly from: Ends;
  /** Consumer groups are named after it. */
  readonly name: string;
  readonly onRecord: (record: Arrival) => void;
  /** Whether records can be read right now. */
  readonly onReading: (reading: boolean) => void;
}

export interface LiveConsumer {
  /** Reads a topic as well, from its beginning. */
  follow(topic: string, partitions: number): void;
  /** Leaves. Never takes longer than a second. */
  stop(): Promise<void>;
}

type Stream = MessagesStream<Buffer, Buffer, Buffer, Buffer>;

/** Before the next try to connect, in ms. */
const pause = 250;

/**
 * Reads topics with a Kafka consumer, record by record and each once, for as long as it lives: when the broker goes, it
 * comes back where it was. It commits nothing, so every run begins where it is told.
 */
export function startConsumer(options: ConsumerOptions): LiveConsumer {
  const next = new Map([...options.from].map(([topic, offsets]) => [topic, [...offsets]]));
  let stopped = false;
  let end: (() => void) | undefined;
  let tries = 0;

  async function read(): Promise<void> {
    const consumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({
      clientId: 'walkeros-demo-live',
      // A new group each time: an old member's session would have to run out before the partitions are given away.
      groupId: `walkeros-demo-${options.name}-${tries++}`,
      bootstrapBrokers: [...options.brokers],
      retries: 0,
      connectTimeout: 1000,
      requestTimeout: 10_000,
      minBytes: 1,
      maxWaitTime: 500,
      autocommit: false,
    });
    try {
      const stream = await consumer.consume({
        topics: [...next.keys()],
        mode: 'manual',
        offsets: [...next].flatMap(([topic, offsets]) =>
          offsets.map((offset, partition) => ({ topic, partition, offset: BigInt(offset) })),
        ),
      });
      options.onReading(true);
      await drained(stream);
    } finally {
      options.onReading(false);
      await Promise.race([
        consumer.close(true).catch(() => undefined),
        sleep(1000, undefined, { ref: false }),
      ]);
    }
  }

  /** Resolves when reading was ended, rejects when it failed. */
  function drained(stream: Stream): Promise<void> {
    return new Promise((resolve, reject) => {
      stream.on('data', (message: Message<Buffer, Buffer, Buffer, Buffer>) => {
        const arrival = toArrival(message);
        const offsets = next.get(arrival.topic);
        // After a reconnect a batch begins where the broker cut it, not where we asked.
        if (!offsets || arrival.offset < (offsets[arrival.partition] ?? 0)) return;
        offsets[arrival.partition] = arrival.offset + 1;
        options.onRecord(arrival);
      });
      stream.once('error', reject);
      stream.once('close', resolve);
      end = resolve;
      if (stopped) resolve();
    });
  }

  async function keepReading(): Promise<void> {
    while (!stopped) {
      await read().catch(() => undefined);
      if (!stopped) await sleep(pause);
    }
  }

  const reading = keepReading();
  return {
    follow(topic, partitions) {
      if (next.has(topic)) return;
      next.set(
        topic,
        Array.from({ length: partitions }, () => 0),
      );
      end?.();
    },
    async stop() {
      stopped = true;
      end?.();
      await Promise.race([reading, sleep(1000, undefined, { ref: false })]);
    },
  };
}

function toArrival(message: Message<Buffer, Buffer, Buffer, Buffer>): Arrival {
  const { topic, partition, offset, timestamp, key, value } = message;
  return {
    topic,
    partition,
    offset: Number(offset),
    timestamp: Number(timestamp),
    key,
    value,
    headers: [...message.headers].map(([name, content]) => [name.toString(), content]),
  };
}
