import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { problems } from './problems.ts';

describe('settings of mapping rules', () => {
  const cases: [what: string, mapping: unknown, ...messages: string[]][] = [
    ['no mapping', undefined],
    ['rules without settings', { page: { view: { name: 'pageview' }, '*': { ignore: true } } }],
    ['topic and key', { order: { complete: { settings: { topic: 'orders', key: 'data.id' } } } }],
    [
      'a wrong topic',
      { order: { complete: { settings: { topic: '..' } } } },
      'mapping.order.complete.settings.topic: ".." is no topic name: Kafka reserves "." and ".."',
    ],
    [
      'a rule among several, and a wildcard',
      { '*': { add: [{ name: 'a' }, { settings: { key: 5 } }] } },
      'mapping["*"].add[1].settings.key: must be text, for example "data.id"',
    ],
    [
      'unknown names',
      { order: { complete: { settings: { topics: 'orders', partition: 3 } } } },
      'mapping.order.complete.settings.topics: unknown setting: did you mean "topic"?',
      'mapping.order.complete.settings.partition: unknown setting: known here are key, topic, value',
    ],
    [
      'no object',
      { order: { complete: { settings: 'orders' } } },
      'mapping.order.complete.settings: must be an object, for example { "topic": "orders" }',
    ],
    [
      "the dead letters' topic",
      { order: { complete: { settings: { topic: 'dead' } } } },
      'mapping.order.complete.settings.topic: is "dead", the same as settings.deadLetter.topic: events and refused records would mix; name another topic',
    ],
  ];
  for (const [what, mapping, ...messages] of cases) {
    it(what, () => assert.deepEqual(problems({ deadLetter: { topic: 'dead' } }, { mapping }), messages));
  }
});
