import { deadLetterHeaders } from '../vocabulary/dead-letter.ts';
import type { KafkaError } from '../vocabulary/errors.ts';
import type { KafkaRecord } from '../vocabulary/record.ts';

/** The rejected record, its key, value, headers and timestamp untouched, with headers that tell why it is here. */
export function deadLetterOf(
  record: KafkaRecord,
  error: KafkaError,
  attempts: number,
  deadLetterTopic: string,
  time: Date,
): KafkaRecord {
  return {
    ...record,
    topic: deadLetterTopic,
    headers: {
      ...record.headers,
      [deadLetterHeaders.topic]: record.topic,
      [deadLetterHeaders.code]: error.kafkaCode ?? error.code,
      [deadLetterHeaders.message]: error.message,
      [deadLetterHeaders.attempts]: String(attempts),
      [deadLetterHeaders.time]: time.toISOString(),
    },
  };
}
