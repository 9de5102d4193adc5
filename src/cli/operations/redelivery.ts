import { clientOptions } from '../../transport/client-options.ts';
import { createReader } from '../../transport/create.ts';
import { listLetters, type Listed } from '../dead-letters/list.ts';
import type { Letters, Send } from '../dead-letters/ports.ts';
import { Resending, type ResendRequest, type ResendResult } from '../dead-letters/resend.ts';
import type { Wanted } from '../dead-letters/wanted.ts';
import { KafkaError } from '../../model/errors.ts';
import type { Configured } from './configured.ts';
import { openDelivery } from './delivering.ts';
import { letterValues } from './letter-values.ts';
import { Stopped, unlessStopped, untilStopped } from './stopping.ts';

/** The dead letters of a destination; ends early at `signal`. @throws KafkaError as the reader's */
export async function* deadLetters(
  configured: Configured,
  wanted: Wanted,
  signal: AbortSignal,
): AsyncGenerator<Listed, void, undefined> {
  const topic = deadLetterTopic(configured);
  const { reader, bookmarks } = await createReader(clientOptions(configured.options.connection));
  try {
    yield* untilStopped(listLetters(topic, wanted, reader, bookmarks, signal), signal);
  } finally {
    await reader.close();
  }
}

/** Long enough for an election; a command is in no hurry. Milliseconds. */
const deliveryTimeout = 60_000;

/** Sends dead letters to their topics, through the same delivery as events. @throws KafkaError as `Resending.run` */
export async function resendDeadLetters(
  configured: Configured,
  request: Omit<ResendRequest, 'topic' | 'closed'>,
): Promise<ResendResult> {
  const topic = deadLetterTopic(configured);
  const { options } = configured;
  const { reader, bookmarks } = await createReader(clientOptions(options.connection));
  // A letter that is refused again stays where it is.
  const settings = { deliveryTimeout, deadLetterTopic: undefined, spool: undefined };
  const { delivery, close } = await openDelivery(options, settings, () => undefined);
  const values = letterValues(configured, { dryRun: request.dryRun });
  try {
    const send: Send = (records) => delivery.sendAll(records);
    const letters: Letters = {
      // Asked before anything is sent: what is under way after that has to be remembered.
      offsets: (of, at) => unlessStopped(reader.offsets(of, at), request.signal),
      read: (of, from, reading) => reader.read(of, from, reading),
    };
    const ports = { letters, memory: bookmarks, finish: values.finish, send };
    return await new Resending(
      { ...request, topic, closed: closedTopics(configured, request.wanted) },
      ports,
    ).run();
  } catch (thrown) {
    if (thrown instanceof Stopped) return { sent: new Map(), left: 0, stopped: true };
    throw thrown;
  } finally {
    values.close();
    await delivery.close(0);
    await Promise.all([close(), reader.close()]);
  }
}

/**
 * A letter names the topic that refused it, and who may write into the dead-letter topic may name any: with the rights of the
 * flow it would get there.
 */
function closedTopics({ path, topics }: Configured, { topic: named }: Wanted): ResendRequest['closed'] {
  return (topic) =>
    topics.has(topic) || topic === named
      ? undefined
      : `${path} writes no events to this topic, so the letter may be forged: add --topic ${JSON.stringify(topic)} to send it there all the same`;
}

/** @throws KafkaError SETTINGS_INVALID where the destination keeps none */
export function deadLetterTopic({ path, id, options }: Configured): string {
  if (options.deadLetter !== undefined) return options.deadLetter.topic;
  throw new KafkaError(
    'SETTINGS_INVALID',
    `Destination "${id}" in ${path} keeps no dead letters: settings.deadLetter.topic is not set.`,
  );
}
