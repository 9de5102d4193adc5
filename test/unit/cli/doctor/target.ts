import { answersOf } from '../../../../src/cli/doctor/checks/acknowledgements.ts';
import { Network } from '../../../../src/cli/doctor/network.ts';
import type { Kafka, Target } from '../../../../src/cli/doctor/target.ts';

/** All is well with it, but for what is changed. Its cluster has one broker, the first one of the settings. */
export function targetWith(
  changed: Partial<Target> & Pick<Target, 'brokers'>,
  kafka: Partial<Kafka> = {},
): Target {
  const [address = ''] = changed.brokers;
  return {
    path: 'flow.json',
    id: 'kafka',
    flow: undefined,
    name: 'kafka',
    tls: undefined,
    login: undefined,
    ofAnother: false,
    acks: -1,
    batchSize: 1,
    deliveryTimeout: 30_000,
    collectorTimeout: 37_500,
    timeoutWarnings: [],
    answers: answersOf({}, {}, { idempotent: true, spool: undefined }),
    autoCreateTopics: false,
    topics: [{ name: 'events', paths: ['settings.kafka.topic'] }],
    network: new Network(1_000, undefined),
    kafka: {
      reach: () => Promise.resolve(),
      cluster: () => Promise.resolve({ id: 'x', brokers: [{ nodeId: 1, address }] }),
      topic: () => Promise.resolve(topic),
      topicConfig: () => Promise.resolve(new Map()),
      ...kafka,
    },
    unaskable: undefined,
    registries: [],
    spool: undefined,
    deadLetters: undefined,
    keys: undefined,
    ...changed,
  };
}

export const topic: NonNullable<Awaited<ReturnType<Kafka['topic']>>> = {
  partitions: [{ partition: 0, leader: 1, replicas: 1, inSync: 1 }],
  writable: true,
};
