import { at, freeze, kill, restart, start, stop, thaw, type Scenario } from '../scenario.ts';

const unanswered =
  'WARN Kafka topic "events": trying again in … ms. The broker leader did not answer a produce request';

/** One broker in trouble, with the default limits and without a spool: none of it may cost an event. */
const single: readonly Scenario[] = [
  {
    name: 'leader-killed',
    story: 'a leader is killed −9 and comes back after 8 s',
    load: { seconds: 14 },
    schedule: [at(2, kill('leader')), at(10, start('leader'))],
    // Its partitions are led again when the controller has missed its heartbeats, which takes about as long as the limit.
    expect: { rejected: 'any', duplicates: 'in doubt', log: [unanswered] },
  },
  {
    name: 'broker-frozen',
    story: 'a leader is frozen for 12 s: its connections stay open and say nothing',
    load: { seconds: 16 },
    schedule: [at(2, freeze('leader')), at(14, thaw('leader'))],
    expect: {
      rejected: 'any',
      duplicates: 'in doubt',
      log: [`${unanswered} (Request timed out): its records may be stored or not.`],
    },
  },
  {
    name: 'rolling-restart',
    story: 'each broker is restarted by SIGTERM, one after the other',
    load: { seconds: 40 },
    schedule: [at(2, restart('leader')), at(15, restart('second')), at(28, restart('third'))],
    expect: { rejected: 'none', duplicates: 'in doubt', log: [] },
  },
];

export const brokerScenarios: readonly Scenario[] = [
  ...single,
  ...single.map((scenario): Scenario => ({
    ...scenario,
    name: `${scenario.name}-kafkajs`,
    story: `${scenario.story}; client: 'kafkajs'`,
    kafka: { client: 'kafkajs' },
    expect: { ...scenario.expect, log: [] },
  })),
  {
    name: 'all-down',
    story: 'all brokers are killed −9 and come back after 30 s; no spool',
    load: { seconds: 45 },
    schedule: [at(5, kill('all')), at(35, start('all'))],
    expect: {
      rejected: 'some',
      duplicates: 'in doubt',
      log: [],
      failures: [
        'Kafka topic "events": not acknowledged within settings.kafka.deliveryTimeout (8000 ms); the record was not written. ' +
          'Last failure: ',
      ],
    },
  },
  {
    name: 'too-few-replicas',
    story: 'min.insync.replicas is not met for 10 s',
    topic: { minInSync: 3 },
    load: { seconds: 16 },
    schedule: [at(2, stop('third')), at(12, start('third'))],
    expect: {
      rejected: 'any',
      duplicates: 'in doubt',
      log: [
        'WARN Kafka topic "events": trying again in … ms. Topic "events": the broker answered NOT_ENOUGH_REPLICAS',
      ],
    },
  },
];
