import { KafkaError, withoutFullStop } from '../../model/errors.ts';
import { kafkaErrorName, kafkaErrors, type CodeAnswer } from '../../protocol/kafka-errors.ts';
import { errorOfCode, isRetriable, operations, type Operation } from './broker-errors.ts';
import { topicInvalid } from './messages.ts';

/** Which part of `config.setup` a refusal is about. */
const changes: ReadonlyMap<number, string> = new Map([
  [kafkaErrors.INVALID_PARTITIONS, 'Change numPartitions.'],
  [kafkaErrors.INVALID_REPLICATION_FACTOR, 'Lower replicationFactor, or add brokers.'],
  [kafkaErrors.INVALID_REPLICA_ASSIGNMENT, 'Change replicationFactor.'],
  [kafkaErrors.INVALID_CONFIG, 'Change configEntries.'],
  [kafkaErrors.INVALID_REQUEST, 'Change the declaration of this topic.'],
  [kafkaErrors.POLICY_VIOLATION, "Change what the cluster's policy does not allow."],
]);

export function isUnauthorised(code: number): boolean {
  return code === kafkaErrors.TOPIC_AUTHORIZATION_FAILED || code === kafkaErrors.CLUSTER_AUTHORIZATION_FAILED;
}

export function createTopicError(topic: string, { code, detail }: CodeAnswer): KafkaError {
  const kafkaCode = kafkaErrorName(code);
  if (isUnauthorised(code)) {
    return new KafkaError(
      'NOT_AUTHORIZED',
      `Kafka topic "${topic}": this user may not create it (${kafkaCode}). ` +
        `Grant the ACL operation CREATE on topic "${topic}" or on the cluster.`,
      { topic, kafkaCode },
    );
  }
  if (code === kafkaErrors.INVALID_TOPIC_EXCEPTION) return topicInvalid(topic, detail);
  if (isRetriable(code)) return errorOfCode(code, topic, { operation: operations.createTopic, detail });
  const change = changes.get(code);
  return new KafkaError(
    'TOPIC_REFUSED',
    `Kafka topic "${topic}": the broker refuses to create it: ${kafkaCode}${detail ? ` (${withoutFullStop(detail.trim())})` : ''}.` +
      (change === undefined ? '' : ` ${change}`),
    { topic, kafkaCode },
  );
}

export function describeTopicError(topic: string, code: number): KafkaError {
  return isUnauthorised(code)
    ? mayNot(topic, 'DESCRIBE', 'see it', code)
    : errorOfCode(code, topic, { operation: operations.metadata });
}

export function topicConfigError(topic: string, { code, detail }: CodeAnswer): KafkaError {
  return isUnauthorised(code)
    ? mayNot(topic, 'DESCRIBE_CONFIGS', 'read its configuration', code)
    : errorOfCode(code, topic, { operation: operations.topicConfig, detail });
}

function mayNot(topic: string, operation: string, what: string, code: number): KafkaError {
  const kafkaCode = kafkaErrorName(code);
  return new KafkaError(
    'NOT_AUTHORIZED',
    `Kafka topic "${topic}": this user may not ${what} (${kafkaCode}). ` +
      `Grant the ACL operation ${operation} on topic "${topic}".`,
    { topic, kafkaCode },
  );
}

/** Somebody who reads was told offsets that are not there any more. */
export function recordsLost(
  topic: string,
  partition: number,
  { end, before }: { readonly end: bigint; readonly before: bigint },
): KafkaError {
  return new KafkaError(
    'REQUEST_FAILED',
    `Kafka topic "${topic}": partition ${partition} ended at offset ${before} and ends at ${end} now: its youngest records are ` +
      'lost, or the topic was made anew while it was read. Start again.',
    { topic },
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

export function offsetStoreError(
  code: number,
  group: string,
  topic: string,
  operation: Operation,
): KafkaError {
  if (code !== kafkaErrors.GROUP_AUTHORIZATION_FAILED) return readError(code, topic, operation);
  return new KafkaError(
    'NOT_AUTHORIZED',
    `Consumer group "${group}": this user may not use it (GROUP_AUTHORIZATION_FAILED). ` +
      `Grant the ACL operation READ on group "${group}": it remembers what was re-sent.`,
    { topic, kafkaCode: kafkaErrorName(code) },
  );
}
