import { at, freeze, heal, kill, network, restart, start, thaw, type Scenario } from '../scenario.ts';

/** What `npm test` can afford: under three minutes in all. */
export const shortScenarios: readonly Scenario[] = [
  {
    name: 'short-reference',
    story: 'the reference with 15,000 events in 30 s, idempotent',
    collectorTimeout: 45_000,
    kafka: { deliveryTimeout: 40_000, idempotent: true },
    load: { perSecond: 500, seconds: 30 },
    schedule: [
      at(1, kill('leader')),
      at(8, start('leader')),
      at(13, freeze('second')),
      at(20, thaw('second')),
      at(24, restart('third')),
    ],
    expect: {
      rejected: 'none',
      duplicates: 'none',
      log: ['INFO Connected to Kafka at kafka, kafka, kafka.'],
    },
  },
  {
    name: 'short-network',
    story: 'resets, cut answers and a half-open connection, with kafkajs',
    through: 'proxy',
    collectorTimeout: 25_000,
    kafka: { client: 'kafkajs', deliveryTimeout: 20_000, requestTimeout: 3_000 },
    load: { seconds: 10 },
    schedule: [
      at(1, network('all', { kind: 'reset' })),
      at(3, network('all', { kind: 'cut-answer', afterBytes: 7 })),
      at(5, network('leader', { kind: 'half-open' })),
      at(9, heal('all')),
    ],
    expect: {
      rejected: 'none',
      duplicates: 'in doubt',
      log: ['WARN Kafka topic "events": trying again in … ms.'],
    },
  },
];
