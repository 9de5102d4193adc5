import { at, freeze, kill, shortDeadline, start, stop, thaw, type Scenario } from '../scenario.ts';
import { busy, leaderGone, tooLate, unanswered } from './words.ts';

/** One broker in trouble, with the default limits and without a spool: none of it may cost an event. */
const single: readonly Scenario[] = [
  {
    name: 'leader-killed',
    story: 'a leader is killed −9 and comes back after 8 s; no spool',
    load: { seconds: 14 },
    schedule: [at(2, kill('leader')), at(10, start('leader'))],
    // Its partitions are led again when the controller has missed its heartbeats, which takes about as long as the limit.
    expect: { rejected: 'any', duplicates: 'in doubt', log: [leaderGone] },
  },
  {
    name: 'broker-frozen',
    story: 'a leader is frozen for 12 s: its connections stay open and say nothing; no spool',
    load: { seconds: 16 },
    schedule: [at(2, freeze('leader')), at(14, thaw('leader'))],
    expect: {
      rejected: 'any',
      duplicates: 'in doubt',
      log: [
        unanswered(
          'Request timed out',
          'Request Produce(key: 0, version: 8) timed out',
          'the cluster no longer lists it',
          'other brokers lead its partitions now',
        ),
      ],
    },
  },
  {
    name: 'rolling-restart',
    story: 'each broker is restarted by SIGTERM, the next when all replicas are in sync again; no spool',
    load: { seconds: 10 },
    schedule: [at(2, { kind: 'rolling-restart' })],
    expect: { rejected: 'none', duplicates: 'in doubt', log: [leaderGone] },
  },
];

export const brokerScenarios: readonly Scenario[] = [
  ...single,
  ...single.map((scenario): Scenario => ({
    ...scenario,
    name: `${scenario.name}-kafkajs`,
    story: `${scenario.story}; client: 'kafkajs'`,
    kafka: { client: 'kafkajs' },
  })),
  {
    name: 'all-down',
    story: 'all brokers are killed −9 and come back after 30 s; no spool',
    kafka: shortDeadline,
    load: { seconds: 45 },
    schedule: [at(5, kill('all')), at(35, start('all'))],
    expect: {
      rejected: 'some',
      duplicates: 'in doubt',
      log: [leaderGone],
      failures: [
        `${tooLate}was not written. Last failure: Cannot reach Kafka at kafka: connect ECONNREFUSED kafka. Check ` +
          'settings.kafka.brokers and the network.',
      ],
    },
  },
  {
    name: 'too-few-replicas',
    story: 'min.insync.replicas is not met for 10 s; no spool',
    topic: { minInSync: 3 },
    kafka: shortDeadline,
    load: { seconds: 16 },
    schedule: [at(2, stop('third')), at(12, start('third'))],
    expect: {
      rejected: 'some',
      duplicates: 'in doubt',
      log: [[...leaderGone, busy('NOT_ENOUGH_REPLICAS'), busy('NOT_ENOUGH_REPLICAS_AFTER_APPEND')]],
      failures: [
        'Topic "events": the broker answered NOT_ENOUGH_REPLICAS and asks to try again. If this lasts, check the ' +
          "cluster's health. Gave up after 6 tries (settings.kafka.retry.retries); the record was not written.",
      ],
    },
  },
];
