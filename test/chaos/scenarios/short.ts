import {
  at,
  freeze,
  heal,
  kill,
  network,
  restart,
  shortDeadline,
  start,
  thaw,
  type Scenario,
} from '../scenario.ts';
import { connected, diskFull, drained, notKept, spooling } from './words.ts';

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
      log: [connected],
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
  {
    name: 'short-outage-spool',
    story: 'no broker for 10 s, with the spool',
    through: 'proxy',
    kafka: shortDeadline,
    spool: { mode: 'overflow' },
    load: { seconds: 13 },
    schedule: [at(1, network('all', { kind: 'refuse' })), at(11, heal('all'))],
    expect: { rejected: 'none', duplicates: 'in doubt', log: [spooling, drained] },
  },
  {
    name: 'short-process-killed',
    story: "our process is killed −9 four times under load; spool mode 'always'",
    spool: { mode: 'always' },
    load: { seconds: 3 },
    schedule: [at(0, { kind: 'crash-flow', times: 4, seed: 4 })],
    expect: { rejected: 'none', duplicates: 'in doubt', log: [connected] },
  },
  {
    name: 'short-disk-full',
    story: 'no broker for 10 s, and the disk of the spool (2 MB) is full before',
    through: 'proxy',
    kafka: { deliveryTimeout: 2_000 },
    spool: { mode: 'overflow', on: 'small disk' },
    load: { perSecond: 1_000, seconds: 12 },
    schedule: [at(1, network('all', { kind: 'refuse' })), at(11, heal('all'))],
    expect: {
      rejected: 'some',
      duplicates: 'in doubt',
      log: [`ERROR ${diskFull}`, drained],
      failures: [`${notKept} ${diskFull}`],
    },
  },
];
