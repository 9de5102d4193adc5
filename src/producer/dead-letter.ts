import { promisify } from 'node:util';
import { constants, zstdCompress } from 'node:zlib';
import { deadLetterHeaders, zstdEncoding, type KafkaRecord, type Pending } from '../model/record.ts';
import { errorCodes, KafkaError, reasonOf, type ErrorCode } from '../model/errors.ts';

/** Of the reason for the refusal: what a broker or a registry says may be as long as the record. Characters. */
const longestMessage = 1_024;

/**
 * The rejected record, its key, value and headers untouched, with headers that say why it was rejected.
 *
 * A dead letter has the time at which it is written. With the record's own time it would be rejected for the same reason as
 * the record, or deleted at once: brokers judge both by that time.
 */
export function deadLetterOf(
  record: KafkaRecord,
  error: KafkaError,
  attempts: number,
  deadLetterTopic: string,
  time: Date,
): KafkaRecord {
  return {
    ...record,
    // Of one that was not resolved it is what is known.
    resolve: undefined,
    topic: deadLetterTopic,
    timestamp: time.getTime(),
    headers: {
      ...record.headers,
      [deadLetterHeaders.topic]: record.topic,
      // Kafka's name, where it sent one: operators look that up. `refusalOf` tells RECORD_REJECTED then.
      [deadLetterHeaders.code]: error.kafkaCode ?? error.code,
      [deadLetterHeaders.message]: shortened(error.message),
      [deadLetterHeaders.attempts]: String(attempts),
      [deadLetterHeaders.time]: time.toISOString(),
      [deadLetterHeaders.timestamp]: String(record.timestamp),
    },
  };
}

/** Headers that a dead letter can do without. */
const dispensable: ReadonlySet<string> = new Set([
  deadLetterHeaders.message,
  deadLetterHeaders.attempts,
  deadLetterHeaders.time,
]);

/**
 * A dead letter is larger than its record, and the dead-letter topic often has the same limit. First it loses the headers
 * that nobody needs to send the record again, then its value is compressed, whatever `settings.kafka.compression` says.
 * @returns undefined where it cannot be smaller
 */
export function smallerDeadLetter(deadLetter: KafkaRecord): KafkaRecord | undefined {
  const { headers, value } = deadLetter;
  const isOurs = deadLetterHeaders.topic in headers && deadLetterHeaders.timestamp in headers;
  if (!isOurs || deadLetterHeaders.encoding in headers) return undefined;
  if (deadLetterHeaders.message in headers) {
    const needed = Object.entries(headers).filter(([name]) => !dispensable.has(name));
    return { ...deadLetter, headers: Object.fromEntries(needed) };
  }
  return value === null ? undefined : { ...deadLetter, pending: new CompressedValue(value) };
}

/** Why a record was rejected, by the headers of its dead letter. Undefined for other records of the topic. */
export function refusalOf({
  headers,
}: KafkaRecord): { readonly topic: string; readonly error: KafkaError } | undefined {
  const topic = headers[deadLetterHeaders.topic]?.toString();
  if (topic === undefined) return undefined;
  const code = headers[deadLetterHeaders.code]?.toString() ?? '';
  const message = headers[deadLetterHeaders.message]?.toString() ?? `It was refused with ${code}.`;
  const isOurs = errorCodes.some((known) => known === code);
  const error = new KafkaError(isOurs ? (code as ErrorCode) : 'RECORD_REJECTED', message, {
    topic,
    ...(!isOurs && { kafkaCode: code }),
  });
  return { topic, error };
}

function shortened(message: string): string {
  if (message.length <= longestMessage) return message;
  // Half of a surrogate pair would be no text.
  return `${message.slice(0, longestMessage - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

const compress = promisify(zstdCompress);
/** Slower than the default, and smaller: there are few of these, and they are compressed off the event loop. */
const level = { params: { [constants.ZSTD_c_compressionLevel]: 9 } };

/** The value of a dead letter, while the thread pool compresses it. */
class CompressedValue implements Pending {
  readonly lastError = undefined;
  readonly #done: Promise<void>;
  #value: Buffer | undefined;
  #failure: unknown;

  constructor(value: Buffer) {
    this.#done = compress(value, level).then(
      (compressed) => void (this.#value = compressed),
      (failure: unknown) => void (this.#failure = failure),
    );
  }

  finish(deadLetter: KafkaRecord): KafkaRecord | undefined {
    if (this.#failure !== undefined) {
      const message = `The dead letter could not be compressed: ${reasonOf(this.#failure)}.`;
      throw new KafkaError('RECORD_REJECTED', message, { topic: deadLetter.topic, cause: this.#failure });
    }
    if (this.#value === undefined) return undefined;
    const headers = { ...deadLetter.headers, [deadLetterHeaders.encoding]: zstdEncoding };
    return { ...deadLetter, value: this.#value, headers, pending: undefined };
  }

  changed(): Promise<void> {
    return this.#done;
  }
}
