import { KafkaError } from '../../model/errors.ts';
import { brokerErrorName, errorOfCode } from './broker-errors.ts';
import { topicInvalid } from './messages.ts';
import type { CodeAnswer } from '../wire.ts';

/** What CreateTopics alone can answer, and which part of `config.setup` it is about. */
const refusals: ReadonlyMap<number, { readonly name: string; readonly change: string }> = new Map([
  [37, { name: 'INVALID_PARTITIONS', change: 'Change numPartitions.' }],
  [38, { name: 'INVALID_REPLICATION_FACTOR', change: 'Lower replicationFactor, or add brokers.' }],
  [39, { name: 'INVALID_REPLICA_ASSIGNMENT', change: 'Change replicationFactor.' }],
  [40, { name: 'INVALID_CONFIG', change: 'Change configEntries.' }],
  [42, { name: 'INVALID_REQUEST', change: 'Change the declaration of this topic.' }],
  [44, { name: 'POLICY_VIOLATION', change: "Change what the cluster's policy does not allow." }],
]);

const isUnauthorised = (code: number): boolean => code === 29 || code === 31;

/** Why a topic was not created. */
export function createTopicError(topic: string, { code, detail }: CodeAnswer): KafkaError {
  const kafkaCode = brokerErrorName(code);
  if (isUnauthorised(code)) {
    return new KafkaError(
      'NOT_AUTHORIZED',
      `Kafka topic "${topic}": this user may not create it (${kafkaCode}). ` +
        `Grant the ACL operation CREATE on topic "${topic}" or on the cluster.`,
      { topic, kafkaCode },
    );
  }
  if (code === 17) return topicInvalid(topic, detail);
  const refusal = refusals.get(code);
  if (refusal === undefined) return errorOfCode(code, topic, detail);
  const { name, change } = refusal;
  return new KafkaError(
    'TOPIC_REFUSED',
    `Kafka topic "${topic}": the broker refuses to create it: ${name}${detail ? ` (${endless(detail)})` : ''}. ${change}`,
    { topic, kafkaCode: name },
  );
}

/** Why nothing is known of a topic. */
export function describeTopicError(topic: string, code: number): KafkaError {
  return isUnauthorised(code) ? mayNot(topic, 'DESCRIBE', 'see it', code) : errorOfCode(code, topic);
}

/** Why a topic's configuration is not known. */
export function topicConfigError(topic: string, { code, detail }: CodeAnswer): KafkaError {
  return isUnauthorised(code)
    ? mayNot(topic, 'DESCRIBE_CONFIGS', 'read its configuration', code)
    : errorOfCode(code, topic, detail);
}

function mayNot(topic: string, operation: string, what: string, code: number): KafkaError {
  const kafkaCode = brokerErrorName(code);
  return new KafkaError(
    'NOT_AUTHORIZED',
    `Kafka topic "${topic}": this user may not ${what} (${kafkaCode}). ` +
      `Grant the ACL operation ${operation} on topic "${topic}".`,
    { topic, kafkaCode },
  );
}

/** The cluster is electing the node that creates topics. */
export function noController(topic: string): KafkaError {
  return new KafkaError(
    'BROKER_BUSY',
    `Kafka topic "${topic}": the cluster has no controller at the moment. Try again.`,
    { topic },
  );
}

function endless(detail: string): string {
  return detail.trim().replace(/\.$/, '');
}
