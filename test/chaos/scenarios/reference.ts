import { at, freeze, kill, restart, start, thaw, type Scenario } from '../scenario.ts';
import { connected, leaderGone } from './words.ts';

/** The scenario that other producers were measured with: 69,000 events, and each of the three brokers fails in its own way. */
const reference = {
  load: { perSecond: 1_500, seconds: 46, keys: 50 },
  schedule: [
    at(4, kill('leader')),
    at(11, start('leader')),
    at(20, freeze('second')),
    at(29, thaw('second')),
    at(36, restart('third')),
  ],
} as const;

const story = '69,000 events in 46 s; a leader killed −9, another broker frozen for 9 s, the third restarted';

export const references: readonly Scenario[] = [
  {
    ...reference,
    name: 'reference-spool',
    story: `${story}; default settings, with the spool`,
    spool: { mode: 'overflow' },
    expect: { rejected: 'none', duplicates: 'in doubt', log: [leaderGone] },
  },
  {
    ...reference,
    name: 'reference-idempotent',
    story: `${story}; default settings but idempotent: true`,
    kafka: { idempotent: true },
    expect: { rejected: 'none', duplicates: 'none', log: [connected] },
  },
  {
    ...reference,
    name: 'reference-default',
    story: `${story}; default settings`,
    expect: { rejected: 'none', duplicates: 'in doubt', log: [leaderGone] },
  },
  {
    ...reference,
    name: 'reference-default-kafkajs',
    story: `${story}; default settings but client: 'kafkajs'`,
    kafka: { client: 'kafkajs' },
    expect: { rejected: 'none', duplicates: 'in doubt', log: [leaderGone] },
  },
  ...(['platformatic', 'kafkajs'] as const).map((client): Scenario => ({
    name: client === 'kafkajs' ? 'second-leader-kafkajs' : 'second-leader',
    story:
      'a leader is killed −9, and a second one as soon as the first is back in sync; ' +
      `default settings but client: '${client}'`,
    load: { perSecond: 1_500, seconds: 40, keys: 50 },
    schedule: [
      at(4, kill('leader')),
      at(14, start('leader')),
      at(15, { kind: 'kill-in-sync', broker: 'second', seconds: 10 }),
    ],
    kafka: { client },
    expect: { rejected: 'none', duplicates: 'in doubt', log: [leaderGone] },
  })),
];
