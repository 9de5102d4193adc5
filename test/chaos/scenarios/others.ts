import { at, type Scenario } from '../scenario.ts';
import { connected, topicMissing } from './words.ts';

export const otherScenarios: readonly Scenario[] = [
  {
    name: 'topic-recreated',
    story: 'the topic is deleted, and made again 5 s later; counted from its deletion on',
    load: { seconds: 16 },
    schedule: [at(3, { kind: 'delete-topic' }), at(8, { kind: 'create-topic' })],
    expect: {
      rejected: 'any',
      duplicates: 'in doubt',
      log: [topicMissing],
    },
  },
  {
    name: 'clock-forward',
    story: 'the wall clock is set forward by an hour',
    load: { seconds: 8 },
    schedule: [at(2, { kind: 'clock', hours: 1 })],
    expect: { rejected: 'none', duplicates: 'none', log: [connected] },
  },
  {
    name: 'clock-back',
    story: 'the wall clock is set back by an hour',
    load: { seconds: 8 },
    schedule: [at(2, { kind: 'clock', hours: -1 })],
    expect: { rejected: 'none', duplicates: 'none', log: [connected] },
  },
];
