import { KafkaError } from '../../model/errors.ts';
import { brokerErrorName, errorOfCode } from './broker-errors.ts';

/** Why a topic's records cannot be read. */
export function readError(code: number, topic: string): KafkaError {
  if (code !== 29) return errorOfCode(code, topic);
  const kafkaCode = brokerErrorName(code);
  return new KafkaError(
    'NOT_AUTHORIZED',
    `Kafka topic "${topic}": this user may not read it (${kafkaCode}). Grant the ACL operation READ on topic "${topic}".`,
    { topic, kafkaCode },
  );
}

const groupUnauthorised = 30;

/** Why bookmarks cannot be found or kept. */
export function bookmarkError(code: number, group: string, topic: string): KafkaError {
  if (code !== groupUnauthorised) return readError(code, topic);
  return new KafkaError(
    'NOT_AUTHORIZED',
    `Consumer group "${group}": this user may not use it (GROUP_AUTHORIZATION_FAILED). ` +
      `Grant the ACL operation READ on group "${group}": it remembers what was re-sent.`,
    { topic, kafkaCode: 'GROUP_AUTHORIZATION_FAILED' },
  );
}
