import { clientOptions } from '../../transport/client-options.ts';
import { createClient } from '../../transport/create.ts';
import { partitionOf } from '../../protocol/partitioner.ts';
import { systemClock } from '../../producer/ports.ts';
import { Producer } from '../../producer/producer.ts';
import type { DeliverySettings } from '../../producer/ports.ts';
import type { Options } from '../../config/resolve.ts';
import type { KafkaError } from '../../model/errors.ts';
import type { Notify } from '../../model/notice.ts';

/** How the commands deliver where a flow would do it in another way. */
export interface CommandDelivery {
  /** In ms. A command is in no hurry, where a push is. */
  readonly deliveryTimeout: number;
  readonly deadLetterTopic: string | undefined;
  readonly spool: DeliverySettings['spool'];
  /** Told after each question about a topic: why it got no answer, or undefined. No notice tells of it. */
  readonly onAsked?: (topic: string, failure: KafkaError | undefined) => void;
}

/** The delivery of a flow for a command: the same lanes, retries and outcomes, in a process without a flow. */
export async function openDelivery(
  options: Options,
  { deliveryTimeout, deadLetterTopic, spool, onAsked }: CommandDelivery,
  notify: Notify,
): Promise<{ readonly delivery: Producer; readonly close: () => Promise<void> }> {
  // What a broker has is what it says it has: not to ask would be to lose what it refuses.
  const acks = options.connection.acks === 0 ? -1 : options.connection.acks;
  const connection = clientOptions({ ...options.connection, acks });
  const client = await createClient(options.client, connection, (error) =>
    notify({ kind: 'client-rebuilt', error }),
  );
  const { retry, batchSize, bufferMemory } = options;
  const delivery = new Producer(
    {
      partitionOf,
      prepare: client.prepare,
      async layout(topic) {
        try {
          const layout = await client.layout(topic);
          onAsked?.(topic, undefined);
          return layout;
        } catch (thrown) {
          // The client port promises KafkaErrors.
          const error = thrown as KafkaError;
          if (error.code !== 'DESTINATION_CLOSED') onAsked?.(topic, error);
          throw error;
        }
      },
      produce: (slices) => client.produce(slices),
    },
    { retry, linger: 0, batchSize, bufferMemory, deliveryTimeout, deadLetterTopic, spool, ...client.limits },
    { clock: systemClock, notify, random: Math.random, date: () => new Date() },
  );
  return { delivery, close: () => client.close() };
}
