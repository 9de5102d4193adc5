import type { KafkaError } from '../../src/model/errors.ts';
import { isTopicName, type TopicSpec } from '../../src/model/cluster.ts';
import { kafkaErrors } from '../../src/protocol/kafka-errors.ts';
import { createTopicError, topicConfigError } from '../../src/transport/errors/request-errors.ts';
import type { Admin } from '../../src/transport/port.ts';

type Details = Pick<TopicSpec, 'replicationFactor' | 'configEntries'>;

/** The part of the in-memory cluster that is about topics. */
export interface MemoryTopics {
  readonly brokers: number;
  readonly find: (name: string) => (Details & { readonly leaders: readonly number[] }) | undefined;
  readonly create: (name: string, partitions: number, details: Details) => void;
  /** Set while the cluster is cut off. */
  readonly refusal: () => KafkaError | undefined;
}

/** A few of Kafka's settings and their defaults; others are unknown here, as misspelt ones are there. */
const defaults = { 'cleanup.policy': 'delete', 'retention.ms': '604800000', 'max.message.bytes': '1048588' };

export function createMemoryAdmin({ brokers, find, create, refusal }: MemoryTopics): Admin {
  const reached = async <Answer>(answer: () => Answer): Promise<Answer> => {
    await Promise.resolve();
    const refused = refusal();
    if (refused !== undefined) throw refused;
    return answer();
  };

  function check({ name, numPartitions, replicationFactor, configEntries }: TopicSpec): void {
    const unknown = Object.keys(configEntries).find((entry) => !(entry in defaults));
    if (!isTopicName(name)) throw createTopicError(name, { code: kafkaErrors.INVALID_TOPIC_EXCEPTION });
    if (numPartitions < 1) throw createTopicError(name, { code: kafkaErrors.INVALID_PARTITIONS });
    if (replicationFactor > brokers) {
      const detail = `The target replication factor of ${replicationFactor} cannot be reached because only ${brokers} broker(s) are registered.`;
      throw createTopicError(name, { code: kafkaErrors.INVALID_REPLICATION_FACTOR, detail });
    }
    if (unknown !== undefined) {
      throw createTopicError(name, {
        code: kafkaErrors.INVALID_CONFIG,
        detail: `Unknown topic config name: ${unknown}`,
      });
    }
  }

  return {
    describeTopic: (name) =>
      reached(() => {
        const topic = find(name);
        return topic && { numPartitions: topic.leaders.length, replicationFactor: topic.replicationFactor };
      }),

    createTopic: (topic, { validateOnly }) =>
      reached(() => {
        if (find(topic.name) !== undefined) return false;
        check(topic);
        if (!validateOnly) create(topic.name, topic.numPartitions, topic);
        return true;
      }),

    topicConfig: (name) =>
      reached(() => {
        const topic = find(name);
        if (topic === undefined)
          throw topicConfigError(name, { code: kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION });
        return new Map(Object.entries({ ...defaults, ...topic.configEntries }));
      }),

    close: () => Promise.resolve(),
  };
}
