import { KafkaError } from '../vocabulary/errors.ts';
import type { Notice, Notify } from '../vocabulary/notice.ts';

/** The part of walkerOS' logger that is used. Values go into the text: the walkerOS CLI drops log contexts. */
export interface Logger {
  error(message: string): void;
  warn(message: string): void;
  info(message: string): void;
  debug(message: string): void;
}

type Level = keyof Logger;

/** A line of the same kind about the same topic is written once in this many milliseconds; the rest are counted. */
const quietPeriod = 60_000;

/**
 * Turns notices into log lines that an operator can act on. Repetitions within a minute collapse into the count that
 * the next line carries.
 *
 * @param now milliseconds, from any fixed point
 */
export function createLog(logger: Logger, now: () => number): Notify {
  const lines = new Map<string, { writtenAt: number; unwritten: number }>();
  return (notice) => {
    const { level, subject, text } = lineOf(notice);
    const line = lines.get(subject) ?? { writtenAt: -Infinity, unwritten: 0 };
    lines.set(subject, line);
    if (now() - line.writtenAt < quietPeriod) {
      line.unwritten++;
      return;
    }
    const more = line.unwritten > 0 ? ` (and ${line.unwritten} more like it since the last line)` : '';
    line.writtenAt = now();
    line.unwritten = 0;
    logger[level](text + more);
  };
}

/** `subject` is what repeats: its cardinality is bounded by kinds × topics. */
function lineOf(notice: Notice): { level: Level; subject: string; text: string } {
  switch (notice.kind) {
    case 'connected':
      return {
        level: 'info',
        subject: notice.kind,
        text: `Connected to Kafka at ${notice.brokers.join(', ')}.`,
      };
    case 'connect-failed':
      return {
        level: 'warn',
        subject: notice.kind,
        text: `${notice.error.message} Pushes wait for it until their deadline.`,
      };
    case 'timestamp-replaced':
      return {
        level: 'warn',
        subject: notice.kind,
        text:
          `Event "${notice.event}" has no usable timestamp (${notice.timestamp}): ` +
          'the time of sending is stored instead, here and for every event like it.',
      };
    case 'topic-missing':
      return { level: 'error', subject: subjectOfMissing(notice.topic), text: notice.error.message };
    case 'retrying':
      return {
        level: 'warn',
        subject: `${notice.kind} ${notice.topic}`,
        text: `Kafka topic "${notice.topic}": trying again in ${notice.delay} ms. ${notice.error.message}`,
      };
    case 'gave-up':
    case 'rejected':
      return {
        level: 'error',
        // That the topic is missing was said when it was found out; that its records fail for it is the same story.
        subject: isMissingTopic(notice.error)
          ? subjectOfMissing(notice.topic)
          : `${notice.kind} ${notice.topic} ${notice.error.code}`,
        text: notice.error.message,
      };
    case 'dead-lettered':
      return {
        level: 'warn',
        subject: `${notice.kind} ${notice.topic}`,
        text:
          `Kafka topic "${notice.topic}": a rejected record was stored in the dead-letter topic ` +
          `"${notice.deadLetterTopic}". ${notice.error.message}`,
      };
    case 'buffer-full':
      return {
        level: 'warn',
        subject: notice.kind,
        text:
          `settings.kafka.bufferMemory (${notice.bufferMemory} bytes) is full: pushes wait for room. ` +
          'The cluster takes records more slowly than they come.',
      };
    case 'client-rebuilt':
      return {
        level: 'warn',
        subject: notice.kind,
        text: `The Kafka client was stuck although the cluster answers, and was replaced. ${notice.error.message}`,
      };
    case 'left-behind':
      return {
        level: 'error',
        subject: notice.kind,
        text: `The destination closed with ${notice.records} records not acknowledged; each was rejected to its push.`,
      };
    case 'spool-left':
      return {
        level: 'info',
        subject: `${notice.kind} ${notice.topic}`,
        text: `The spool holds ${notice.records} records for Kafka topic "${notice.topic}" from an earlier run: they go first.`,
      };
    case 'spool-damaged':
      return {
        level: 'error',
        subject: notice.kind,
        text:
          `The spool "${notice.path}" was damaged and is now "${notice.movedTo}"; a new one was begun with the ` +
          `${notice.records} records that could still be read. Keep the old file if you need to look for more.`,
      };
    case 'spooling':
      return {
        level: 'warn',
        subject: `${notice.kind} ${notice.topic}`,
        text:
          `Kafka topic "${notice.topic}": records go to the spool from here on, and to Kafka once it takes them. ` +
          (notice.why?.message ?? 'There is no room left in settings.kafka.bufferMemory.'),
      };
    case 'spool-drained':
      return {
        level: 'info',
        subject: `${notice.kind} ${notice.topic}`,
        text: `Kafka topic "${notice.topic}": everything in the spool was delivered.`,
      };
    case 'spool-refused':
      return {
        level: 'error',
        subject: `${notice.kind} ${notice.topic} ${notice.error.code}`,
        text:
          `Kafka topic "${notice.topic}" refused a record of the spool. It stays there and is tried again at the next ` +
          `start; settings.deadLetter would take it. ${notice.error.message}`,
      };
    case 'spool-failed':
      return { level: 'error', subject: `${notice.kind} ${notice.error.code}`, text: notice.error.message };
  }
}

const subjectOfMissing = (topic: string): string => `topic-missing ${topic}`;

function isMissingTopic(error: unknown): boolean {
  return error instanceof KafkaError && (error.code === 'TOPIC_MISSING' || isMissingTopic(error.cause));
}
