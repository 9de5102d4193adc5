import { randomOf } from '../random.ts';
import { at, kill, restart, start, stop, type Fault, type Scenario, type Step } from '../scenario.ts';

const crash: Fault = { kind: 'crash-flow' };

/** @param count times the flow's process is killed, a second or two apart, at moments that the seed decides */
export function crashes(count: number, seed: number): Step[] {
  const random = randomOf(seed);
  let moment = 2;
  return Array.from({ length: count }, () => {
    moment += 1.5 + random();
    return at(moment, crash);
  });
}

export const spoolScenarios: readonly Scenario[] = [
  {
    name: 'all-down-spool',
    story: 'all brokers are killed −9 and come back after 30 s; with the spool',
    spool: { mode: 'overflow' },
    load: { perSecond: 1_500, seconds: 45 },
    schedule: [at(5, kill('all')), at(35, start('all'))],
    expect: {
      rejected: 'none',
      duplicates: 'in doubt',
      log: [],
    },
  },
  {
    name: 'too-few-replicas-spool',
    story: 'min.insync.replicas is not met for 10 s; with the spool',
    topic: { minInSync: 3 },
    spool: { mode: 'overflow' },
    load: { seconds: 16 },
    schedule: [at(2, stop('third')), at(12, start('third'))],
    expect: { rejected: 'none', duplicates: 'in doubt', log: [] },
  },
  {
    name: 'process-killed',
    story: "our process is killed −9 at 20 random moments under load; spool mode 'always'",
    spool: { mode: 'always' },
    load: { seconds: 10 },
    schedule: crashes(20, 20),
    expect: { rejected: 'none', duplicates: 'in doubt', log: [] },
  },
  {
    name: 'process-killed-in-outage',
    story: "our process is killed −9 five times while a broker restarts; spool mode 'always'",
    spool: { mode: 'always' },
    load: { seconds: 10 },
    schedule: [at(1, restart('leader')), ...crashes(5, 5)],
    expect: { rejected: 'none', duplicates: 'in doubt', log: [] },
  },
  {
    name: 'shutdown-in-outage',
    story: 'all brokers are killed −9; the flow is shut down by SIGTERM, and started after they came back',
    spool: { mode: 'overflow' },
    load: { seconds: 20 },
    schedule: [
      at(3, kill('all')),
      at(8, { kind: 'stop-flow' }),
      at(16, start('all')),
      at(18, { kind: 'start-flow' }),
    ],
    expect: { rejected: 'none', duplicates: 'in doubt', log: [] },
  },
  {
    name: 'spool-disk-full',
    story: 'all brokers are away for 20 s, and the disk of the spool (2 MB) is full before',
    spool: { mode: 'overflow', on: 'small disk' },
    load: { seconds: 30 },
    schedule: [at(3, kill('all')), at(23, start('all'))],
    expect: { rejected: 'some', duplicates: 'in doubt', log: [], failures: [] },
  },
  {
    name: 'spool-limit',
    story: 'all brokers are away for 20 s, and the spool reaches its maxBytes (1 MB) before',
    spool: { mode: 'overflow', maxBytes: 1_000_000 },
    load: { seconds: 30 },
    schedule: [at(3, kill('all')), at(23, start('all'))],
    expect: { rejected: 'some', duplicates: 'in doubt', log: [], failures: [] },
  },
  {
    name: 'spool-truncated',
    story:
      'the process is killed in an outage, and the file of the spool loses its second half; counted from then on',
    spool: { mode: 'overflow' },
    load: { seconds: 25 },
    schedule: [
      at(3, kill('all')),
      at(14, { kind: 'kill-flow' }),
      at(15, { kind: 'damage-spool', how: 'truncate' }),
      at(16, start('all')),
      at(20, { kind: 'start-flow' }),
    ],
    expect: { rejected: 'any', duplicates: 'in doubt', log: [] },
  },
  {
    name: 'spool-garbage',
    story: 'the same, and the file is overwritten with garbage',
    spool: { mode: 'overflow' },
    load: { seconds: 25 },
    schedule: [
      at(3, kill('all')),
      at(14, { kind: 'kill-flow' }),
      at(15, { kind: 'damage-spool', how: 'garbage' }),
      at(16, start('all')),
      at(20, { kind: 'start-flow' }),
    ],
    expect: { rejected: 'any', duplicates: 'in doubt', log: [] },
  },
  {
    name: 'spool-second-process',
    story: 'a second process is started on the same spool',
    spool: { mode: 'always' },
    load: { seconds: 15 },
    schedule: [at(2, { kind: 'second-flow' })],
    expect: { rejected: 'none', duplicates: 'none', log: [] },
  },
  {
    name: 'spool-unwritable',
    story: 'the folder of the spool cannot be made, until somebody makes room for it',
    spool: { mode: 'always', on: 'below a file' },
    load: { seconds: 15 },
    schedule: [at(5, { kind: 'mend-spool' })],
    expect: { rejected: 'some', duplicates: 'none', log: [], failures: [] },
  },
];
