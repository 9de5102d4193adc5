import { KafkaError } from '../../model/errors.ts';
import { kafkaErrorName, kafkaErrors } from '../../protocol/kafka-errors.ts';
import { errorOfCode } from './broker-errors.ts';
import type { Operation } from './operations.ts';

/** Why a topic's records cannot be read. */
export function readError(code: number, topic: string, operation: Operation): KafkaError {
  return code === kafkaErrors.TOPIC_AUTHORIZATION_FAILED
    ? mayNotRead(topic)
    : errorOfCode(code, topic, { operation });
}

export function mayNotRead(topic: string): KafkaError {
  const kafkaCode = kafkaErrorName(kafkaErrors.TOPIC_AUTHORIZATION_FAILED);
  return new KafkaError(
    'NOT_AUTHORIZED',
    `Kafka topic "${topic}": this user may not read it (${kafkaCode}). Grant the ACL operation READ on topic "${topic}".`,
    { topic, kafkaCode },
  );
}

/** Why bookmarks cannot be found or kept. */
export function bookmarkError(code: number, group: string, topic: string, operation: Operation): KafkaError {
  if (code !== kafkaErrors.GROUP_AUTHORIZATION_FAILED) return readError(code, topic, operation);
  return new KafkaError(
    'NOT_AUTHORIZED',
    `Consumer group "${group}": this user may not use it (GROUP_AUTHORIZATION_FAILED). ` +
      `Grant the ACL operation READ on group "${group}": it remembers what was re-sent.`,
    { topic, kafkaCode: kafkaErrorName(code) },
  );
}
