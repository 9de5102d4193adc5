import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { declaredTopics, writesTo } from '../../../src/config/mapping.ts';
import { resolveOptions } from '../../../src/config/resolve.ts';
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
      'mapping["*"].add[1].settings.key: must be a mapping path, for example "data.id", false (no key), or a mapping value, for example { "key": "data.id" }',
    ],
    [
      'unknown names',
      { order: { complete: { settings: { topics: 'orders', partition: 3 } } } },
      'mapping.order.complete.settings.topics: unknown setting: did you mean "topic"?',
      'mapping.order.complete.settings.partition: unknown setting: known here are key, headers, topic, tombstone, value',
    ],
    [
      'a name that no header can have',
      { order: { complete: { settings: JSON.parse('{ "headers": { "__proto__": "web" } }') as object } } },
      'mapping.order.complete.settings.headers["__proto__"]: is a name that no header can have here: take another',
    ],
    [
      'every form',
      {
        order: {
          complete: {
            settings: {
              key: ['data.id', { fn: () => 'x' }],
              headers: {
                team: 'web',
                user: { key: 'user.id', consent: { marketing: true } },
                all: { map: { a: 'b' } },
              },
              topic: {
                value: { map: {}, loop: ['this', { set: ['a'] }] },
                topics: ['orders'],
                prefix: 'order-',
              },
            },
          },
          remove: { settings: { key: 'data.id', tombstone: true } },
        },
      },
    ],
    [
      'a tombstone without a key',
      {
        order: {
          remove: { settings: { tombstone: true } },
          drop: { settings: { tombstone: true, key: false } },
        },
      },
      'mapping.order.remove.settings.tombstone: needs a key, and none is set: without one it would erase the name of the event; set key, for example "user.id"',
      'mapping.order.drop.settings.tombstone: needs a key, and key is false: without one it would erase the name of the event; set key, for example "user.id"',
    ],
    [
      'a tombstone with a value',
      { order: { remove: { settings: { tombstone: true, key: 'data.id', value: { format: 'json' } } } } },
      'mapping.order.remove.settings.value: says nothing beside tombstone, which writes no value: remove one',
    ],
    [
      "the dead letters' topic among others, or by its prefix",
      {
        order: {
          a: { settings: { topic: { value: 'a', topics: ['orders', 'dead'] } } },
          b: { settings: { topic: { value: 'a', topics: ['orders'], prefix: 'de' } } },
        },
      },
      'mapping.order.a.settings.topic: may give "dead", the same as settings.deadLetter.topic: events and refused records would mix; name another topic',
      'mapping.order.b.settings.topic: may give "dead", the same as settings.deadLetter.topic: events and refused records would mix; name another topic',
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

describe('topics that events may go to', () => {
  const { options } = resolveOptions({
    kafka: { brokers: ['kafka1:9092'], topic: { value: 'data.shop', topics: ['eu', 'us'], prefix: 'shop-' } },
    deadLetter: { topic: 'dead' },
  });
  const mapping = {
    order: {
      complete: { settings: { topic: { value: 'data.kind', topics: ['orders', 'returns'] } } },
      '*': [{ settings: { topic: 'others' } }, { settings: { key: 'data.id' } }],
    },
  };

  it('are all that settings and rules declare, each with its setting', () => {
    assert.deepEqual(declaredTopics(options, mapping), [
      { topic: 'eu', path: 'settings.kafka.topic.topics[0]' },
      { topic: 'us', path: 'settings.kafka.topic.topics[1]' },
      { topic: 'orders', path: 'mapping.order.complete.settings.topic.topics[0]' },
      { topic: 'returns', path: 'mapping.order.complete.settings.topic.topics[1]' },
      { topic: 'others', path: 'mapping.order["*"][0].settings.topic' },
      { topic: 'dead', path: 'settings.deadLetter.topic' },
    ]);
  });

  it('are those, and what a prefix lets through', () => {
    const writes = writesTo(options.topic, mapping);
    const names = ['us', 'returns', 'others', 'shop-7', 'shop', 'dead', '__shop-7', 'orders-7'];
    assert.deepEqual(names.filter(writes), ['us', 'returns', 'others', 'shop-7']);
  });
});
