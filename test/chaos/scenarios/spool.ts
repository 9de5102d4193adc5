import { at, kill, restart, shortDeadline, start, stop, type Scenario } from '../scenario.ts';
import {
  damaged,
  diskFull,
  drained,
  inUse,
  leftovers,
  noFolder,
  notKept,
  spoolFull,
  spooling,
} from './words.ts';

/** Nothing acknowledged may be lost, and nothing at all stored twice: what was never acknowledged is there once or not. */
const exactly = {
  kafka: { idempotent: true },
  spool: { mode: 'always' },
  topic: { appendTime: true },
} as const;

const kills: readonly Scenario[] = [
  {
    ...exactly,
    name: 'process-killed',
    story: "our process is killed −9 at 20 random moments under load; idempotent, spool mode 'always'",
    load: { perSecond: 800, seconds: 10 },
    schedule: [at(1, { kind: 'crash-flow', times: 20, seed: 20 })],
    expect: { rejected: 'none', duplicates: 'none', log: [leftovers, drained], struck: 5 },
  },
  {
    ...exactly,
    name: 'process-killed-in-outage',
    story: "our process is killed −9 ten times while a broker restarts; idempotent, spool mode 'always'",
    load: { perSecond: 800, seconds: 10 },
    schedule: [at(1, restart('leader')), at(1, { kind: 'crash-flow', times: 10, seed: 5 })],
    expect: { rejected: 'none', duplicates: 'none', log: [leftovers, drained], struck: 2 },
  },
  {
    ...exactly,
    name: 'process-killed-broker-killed',
    story:
      'our process is killed −9 at 20 random moments, while a leader and then another broker are killed −9 and all are ' +
      "restarted one by one; idempotent, spool mode 'always'",
    load: { perSecond: 800, seconds: 40 },
    schedule: [
      at(1, { kind: 'crash-flow', times: 20, seed: 21 }),
      at(3, kill('leader')),
      at(13, start('leader')),
      at(14, { kind: 'kill-in-sync', broker: 'second', seconds: 8 }),
      at(30, { kind: 'rolling-restart' }),
    ],
    expect: { rejected: 'none', duplicates: 'none', log: [leftovers, drained], struck: 5 },
  },
];

export const spoolScenarios: readonly Scenario[] = [
  {
    name: 'all-down-spool',
    story: 'all brokers are killed −9 and come back after 30 s; with the spool',
    kafka: shortDeadline,
    spool: { mode: 'overflow' },
    load: { perSecond: 1_500, seconds: 45 },
    schedule: [at(5, kill('all')), at(35, start('all'))],
    expect: {
      rejected: 'none',
      duplicates: 'in doubt',
      log: [spooling, drained],
    },
  },
  {
    name: 'too-few-replicas-spool',
    story: 'min.insync.replicas is not met for 10 s; with the spool',
    topic: { minInSync: 3 },
    kafka: shortDeadline,
    spool: { mode: 'overflow' },
    load: { seconds: 16 },
    schedule: [at(2, stop('third')), at(12, start('third'))],
    expect: { rejected: 'none', duplicates: 'in doubt', log: [spooling, drained] },
  },
  ...kills,
  ...kills.map((scenario): Scenario => ({
    ...scenario,
    name: `${scenario.name}-kafkajs`,
    story: `${scenario.story}; client: 'kafkajs'`,
    kafka: { ...scenario.kafka, client: 'kafkajs' },
  })),
  {
    name: 'shutdown-in-outage',
    story: 'all brokers are killed −9; the flow is shut down by SIGTERM, and started after they came back',
    kafka: shortDeadline,
    spool: { mode: 'overflow' },
    load: { seconds: 20 },
    schedule: [
      at(3, kill('all')),
      at(8, { kind: 'stop-flow' }),
      at(16, start('all')),
      at(18, { kind: 'start-flow' }),
    ],
    expect: { rejected: 'none', duplicates: 'in doubt', log: [spooling, leftovers, drained] },
  },
  {
    name: 'spool-disk-full',
    story: 'all brokers are away for 20 s, and the disk of the spool (2 MB) is full before',
    kafka: shortDeadline,
    spool: { mode: 'overflow', on: 'small disk' },
    load: { seconds: 30 },
    schedule: [at(3, kill('all')), at(23, start('all'))],
    expect: {
      rejected: 'some',
      duplicates: 'in doubt',
      log: [spooling, `ERROR ${diskFull}`, drained],
      failures: [`${notKept} ${diskFull}`],
    },
  },
  {
    name: 'spool-limit',
    story: 'all brokers are away for 20 s, and the spool reaches its maxBytes (1 MB) before',
    kafka: shortDeadline,
    spool: { mode: 'overflow', maxBytes: 1_000_000 },
    load: { seconds: 30 },
    schedule: [at(3, kill('all')), at(23, start('all'))],
    expect: {
      rejected: 'some',
      duplicates: 'in doubt',
      log: [spooling, `ERROR ${spoolFull}`, drained],
      failures: [`${notKept} ${spoolFull}`],
    },
  },
  {
    name: 'spool-truncated',
    story:
      'the process is killed in an outage, and the file of the spool loses its second half; counted from then on',
    kafka: shortDeadline,
    spool: { mode: 'overflow' },
    load: { seconds: 25 },
    schedule: [
      at(3, kill('all')),
      at(14, { kind: 'kill-flow' }),
      at(15, { kind: 'damage-spool', how: 'truncate' }),
      at(16, start('all')),
      at(20, { kind: 'start-flow' }),
    ],
    expect: { rejected: 'any', duplicates: 'in doubt', log: [spooling, damaged, drained] },
  },
  {
    name: 'spool-garbage',
    story: 'the same, and the file is overwritten with garbage',
    kafka: shortDeadline,
    spool: { mode: 'overflow' },
    load: { seconds: 25 },
    schedule: [
      at(3, kill('all')),
      at(14, { kind: 'kill-flow' }),
      at(15, { kind: 'damage-spool', how: 'garbage' }),
      at(16, start('all')),
      at(20, { kind: 'start-flow' }),
    ],
    expect: { rejected: 'any', duplicates: 'in doubt', log: [spooling, damaged] },
  },
  {
    name: 'spool-second-process',
    story: 'a second process is started on the same spool',
    spool: { mode: 'always' },
    load: { seconds: 15 },
    schedule: [at(2, { kind: 'second-flow' })],
    expect: { rejected: 'none', duplicates: 'none', log: [inUse] },
  },
  {
    name: 'spool-unwritable',
    story: 'the folder of the spool cannot be made, until somebody makes room for it',
    spool: { mode: 'always', on: 'below a file' },
    load: { seconds: 15 },
    schedule: [at(5, { kind: 'mend-spool' })],
    expect: { rejected: 'some', duplicates: 'none', log: [`ERROR ${noFolder}`], failures: [noFolder] },
  },
];
