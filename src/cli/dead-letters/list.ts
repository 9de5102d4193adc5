import { KafkaError } from '../../model/errors.ts';
import { createReader } from '../../transport/create.ts';
import type { ClientOptions } from '../../transport/port.ts';
import type { Configured } from '../flow/configured.ts';
import { untilStopped } from '../stopping.ts';
import { deadLetterOf, matches, type DeadLetter, type DeadLetterFilter } from './dead-letter.ts';
import { readProgress } from './progress.ts';

/** A command ends when brokers are away for longer than this. Milliseconds. */
export const readTimeout = 30_000;

export interface Listed {
  readonly deadLetter: DeadLetter;
  /** Whether `resend` has sent it. */
  readonly resent: boolean;
}

/**
 * The dead letters that the topic holds now, in the order of each partition. Ends early, without an error, at `signal`.
 * @throws KafkaError as the reader's
 */
export async function* listDeadLetters(
  configured: Configured,
  filter: DeadLetterFilter,
  signal: AbortSignal,
): AsyncGenerator<Listed, void, undefined> {
  const topic = deadLetterTopic(configured);
  const { reader, offsetStore } = await createReader(configured.options.connection);

  async function* listed(): AsyncGenerator<Listed, void, undefined> {
    const [firsts, ends] = await Promise.all([reader.offsets(topic, 'first'), reader.offsets(topic, 'end')]);
    const found = await readProgress(topic, firsts, ends, offsetStore);
    const byPartition = new Map(found.map(({ partition, progress }) => [partition, progress]));
    const options = { until: ends, troubleTimeout: readTimeout, signal };
    for await (const { records } of reader.read(topic, firsts, options)) {
      for (const record of records) {
        if (signal.aborted) return;
        if (record.offset >= (ends.get(record.partition) ?? 0n)) continue;
        const deadLetter = deadLetterOf(record);
        if (deadLetter === undefined || !matches(filter, deadLetter)) continue;
        yield { deadLetter, resent: byPartition.get(record.partition)?.isDone(record.offset) ?? false };
      }
    }
  }

  try {
    yield* untilStopped(listed(), signal);
  } finally {
    await reader.close();
  }
}

/**
 * How many records the topic holds, and how many of them wait to be re-sent; undefined where the cluster does not tell this user.
 * No record is read. @throws KafkaError as the reader's
 */
export async function countDeadLetters(
  topic: string,
  options: ClientOptions,
): Promise<{ readonly held: number; readonly waiting: number | undefined }> {
  const { reader, offsetStore } = await createReader(options);
  try {
    const [firsts, ends] = await Promise.all([reader.offsets(topic, 'first'), reader.offsets(topic, 'end')]);
    const held = [...ends].reduce(
      (sum, [partition, end]) => sum + Number(end - (firsts.get(partition) ?? end)),
      0,
    );
    try {
      const found = await readProgress(topic, firsts, ends, offsetStore);
      return { held, waiting: found.reduce((sum, { progress, end }) => sum + progress.left(end), 0) };
    } catch (thrown) {
      if (thrown instanceof KafkaError && thrown.code === 'NOT_AUTHORIZED')
        return { held, waiting: undefined };
      throw thrown;
    }
  } finally {
    await reader.close();
  }
}

/** @throws KafkaError SETTINGS_INVALID if the destination keeps none */
export function deadLetterTopic({ path, id, options }: Configured): string {
  if (options.deadLetter !== undefined) return options.deadLetter.topic;
  throw new KafkaError(
    'SETTINGS_INVALID',
    `Destination "${id}" in ${path} keeps no dead letters: settings.deadLetter.topic is not set.`,
  );
}
