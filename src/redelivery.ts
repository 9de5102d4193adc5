import { createClient, createReader } from './client/create.ts';
import { clientOptions } from './client-options.ts';
import { partitionOf } from './client/partitioner.ts';
import type { Configured } from './configured.ts';
import { listLetters, type Listed } from './dead-letters/list.ts';
import { Resending, type ResendRequest, type ResendResult } from './dead-letters/resend.ts';
import type { Wanted } from './dead-letters/wanted.ts';
import { systemClock } from './delivery/clock.ts';
import { Delivery } from './delivery/delivery.ts';
import { KafkaError } from './vocabulary/errors.ts';

/** The dead letters of a destination. @throws KafkaError as the reader's */
export async function* deadLetters(
  configured: Configured,
  wanted: Wanted,
): AsyncGenerator<Listed, void, undefined> {
  const topic = deadLetterTopic(configured);
  const { reader, bookmarks } = await createReader(clientOptions(configured.options.connection));
  try {
    yield* listLetters(topic, wanted, reader, bookmarks);
  } finally {
    await reader.close();
  }
}

/** Long enough for an election; a command is in no hurry. Milliseconds. */
const deliveryTimeout = 60_000;

/** Sends dead letters to their topics, through the same delivery as events. @throws KafkaError as `Resending.run` */
export async function resendDeadLetters(
  configured: Configured,
  request: Omit<ResendRequest, 'topic'>,
): Promise<ResendResult> {
  const topic = deadLetterTopic(configured);
  const { options } = configured;
  // A letter counts as sent when it is stored: not to ask would be to lose what is refused.
  const connection = clientOptions({ ...options.connection, acks: -1, autoCreateTopics: false });
  const { reader, bookmarks } = await createReader(connection);
  const client = await createClient(options.client, connection, () => undefined);
  const delivery = new Delivery(
    { partitionOf, layout: (name) => client.layout(name), produce: (slices) => client.produce(slices) },
    {
      retry: options.retry,
      linger: 0,
      batchSize: options.batchSize,
      bufferMemory: options.bufferMemory,
      deliveryTimeout,
      // A letter that is refused again stays where it is.
      deadLetterTopic: undefined,
      ...client.limits,
    },
    { clock: systemClock, notify: () => undefined, random: Math.random, date: () => new Date() },
  );
  try {
    const send = (records: Parameters<typeof delivery.sendAll>[0]) => delivery.sendAll(records);
    return await new Resending({ ...request, topic }, reader, bookmarks, send).run();
  } finally {
    await delivery.close(0);
    await Promise.all([client.close(), reader.close()]);
  }
}

/** @throws KafkaError SETTINGS_INVALID where the destination keeps none */
export function deadLetterTopic({ path, id, options }: Configured): string {
  if (options.deadLetter !== undefined) return options.deadLetter.topic;
  throw new KafkaError(
    'SETTINGS_INVALID',
    `Destination "${id}" in ${path} keeps no dead letters: settings.deadLetter.topic is not set.`,
  );
}
