import type { Options } from '../../config/resolve.ts';
import type { KafkaError } from '../../model/errors.ts';
import type { Notify } from '../../model/notice.ts';
import { systemClock, type ProducerSettings } from '../../producer/ports.ts';
import { Producer } from '../../producer/producer.ts';
import { createClient } from '../../transport/create.ts';

interface ProducerOverrides {
  /** In ms. Somebody waits for a push; a command may take its time. */
  readonly deliveryTimeout: number;
  readonly deadLetterTopic: string | undefined;
  readonly spool: ProducerSettings['spool'];
  /** Called after each metadata request, with the failure or undefined: the producer gives no notice of it. */
  readonly onAsked?: (topic: string, failure: KafkaError | undefined) => void;
}

/** The producer of a flow for a command: the same queues, retries and outcomes, in a process without a flow. */
export async function openProducer(
  options: Options,
  { deliveryTimeout, deadLetterTopic, spool, onAsked }: ProducerOverrides,
  notify: Notify,
): Promise<{ readonly producer: Producer; readonly close: () => Promise<void> }> {
  // Without an acknowledgement a record that the broker refuses would be lost.
  const acks = options.connection.acks === 0 ? -1 : options.connection.acks;
  const connection = { ...options.connection, acks };
  const client = await createClient(options.client, connection);
  const producer = new Producer(
    {
      prepare: client.prepare,
      async metadata(topic) {
        try {
          const metadata = await client.metadata(topic);
          onAsked?.(topic, undefined);
          return metadata;
        } catch (thrown) {
          // The client port promises KafkaErrors.
          const error = thrown as KafkaError;
          if (error.code !== 'DESTINATION_CLOSED') onAsked?.(topic, error);
          throw error;
        }
      },
      produce: (batches) => client.produce(batches),
      initProducerId: () => client.initProducerId(),
    },
    { ...options, ...client.limits, linger: 0, deliveryTimeout, deadLetterTopic, spool },
    { clock: systemClock, notify, random: Math.random, date: () => new Date() },
  );
  return { producer, close: () => client.close() };
}
