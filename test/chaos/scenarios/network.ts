import { at, heal, network, type Scenario } from '../scenario.ts';
import { connected, leaderGone, unanswered } from './words.ts';

/** The way to a broker in trouble, while the broker is well. The default limits; no spool. */
export const networkScenarios: readonly Scenario[] = [
  {
    name: 'network-reset',
    story: 'all connections are reset, five times',
    through: 'proxy',
    load: { seconds: 12 },
    schedule: [2, 4, 6, 8, 10].map((second) => at(second, network('all', { kind: 'reset' }))),
    expect: { rejected: 'none', duplicates: 'in doubt', log: [leaderGone] },
  },
  {
    name: 'network-refused',
    story: 'no connection to any broker for 5 s (ECONNREFUSED)',
    through: 'proxy',
    load: { seconds: 12 },
    schedule: [at(2, network('all', { kind: 'refuse' })), at(7, heal('all'))],
    expect: { rejected: 'none', duplicates: 'in doubt', log: [leaderGone] },
  },
  {
    name: 'network-black-hole',
    // Longer than a request may take by default: only then is there anything to tell.
    story: 'for 25 s nothing passes between us and a leader, and nobody is told',
    through: 'proxy',
    load: { seconds: 32 },
    schedule: [at(2, network('leader', { kind: 'black-hole' })), at(27, heal('leader'))],
    expect: { rejected: 'any', duplicates: 'in doubt', log: [unanswered('Request timed out')] },
  },
  {
    name: 'network-half-open',
    story: "a leader's ends of the connections are gone, ours hear nothing of it, three times",
    through: 'proxy',
    load: { seconds: 24 },
    schedule: [2, 10, 18].map((second) => at(second, network('leader', { kind: 'half-open' }))),
    expect: { rejected: 'none', duplicates: 'in doubt', log: [unanswered('Request timed out')] },
  },
  {
    name: 'network-cut-answer',
    story: 'answers are cut after 1, 7 and 40 bytes, then the connection is reset',
    through: 'proxy',
    load: { seconds: 12 },
    schedule: [
      at(2, network('all', { kind: 'cut-answer', afterBytes: 1 })),
      at(5, network('all', { kind: 'cut-answer', afterBytes: 7 })),
      at(8, network('all', { kind: 'cut-answer', afterBytes: 40 })),
    ],
    expect: { rejected: 'none', duplicates: 'in doubt', log: [leaderGone] },
  },
  {
    name: 'network-latency',
    story: '300 ms of latency, 150 more or less, for 8 s',
    through: 'proxy',
    load: { seconds: 12 },
    schedule: [at(2, network('all', { kind: 'latency', ms: 300, jitter: 150 })), at(10, heal('all'))],
    expect: { rejected: 'none', duplicates: 'none', log: [connected] },
  },
  {
    name: 'lost-acknowledgements',
    story: 'for 6 s a leader gets the requests and its answers vanish',
    through: 'proxy',
    load: { seconds: 14 },
    schedule: [at(2, network('leader', { kind: 'lose-answers' })), at(8, heal('leader'))],
    expect: { rejected: 'any', duplicates: 'in doubt', log: [unanswered('Request timed out')] },
  },
  {
    name: 'lost-acknowledgements-idempotent',
    story: 'the same with idempotent: true',
    through: 'proxy',
    kafka: { idempotent: true },
    load: { seconds: 14 },
    schedule: [at(2, network('leader', { kind: 'lose-answers' })), at(8, heal('leader'))],
    expect: { rejected: 'any', duplicates: 'none', log: [connected] },
  },
];
