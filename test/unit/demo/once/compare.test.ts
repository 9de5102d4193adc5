import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { differences } from '../../../../demo/once/compare.ts';
import type { Expected } from '../../../../demo/once/fixed-events.ts';
import type { StoredRecord } from '../../../../scripts/kafka/console-format.ts';

const view: Expected = {
  name: 'page view',
  topic: 'events',
  key: 'v-1',
  timestamp: 1000,
  value: { name: 'page view', data: { path: '/a' } },
};
const order: Expected = {
  name: 'order complete',
  topic: 'orders',
  key: 'o-1',
  timestamp: 1001,
  value: { total: 79 },
  whole: true,
};

function record(topic: string, key: string, timestamp: number, value: string, run = 'r1'): StoredRecord {
  const headers: StoredRecord['headers'] = [
    ['content-type', Buffer.from('application/json')],
    ['run', Buffer.from(run)],
  ];
  const place = { topic, partition: 1, offset: 7, timestampType: 'CreateTime' } as const;
  return { ...place, timestamp, key: Buffer.from(key), headers, value: Buffer.from(value) };
}

const storedView = record('events', 'v-1', 1000, '{"name":"page view","data":{"path":"/a"},"id":"added"}');
const storedOrder = record('orders', 'o-1', 1001, '{"total":79}');
const compare = (...records: StoredRecord[]): string[] => differences([view, order], records, 'r1');

describe('differences', () => {
  it('are none when all is there, with what walkerOS adds to a whole event', () => {
    assert.deepEqual(compare(storedOrder, storedView), []);
  });

  it('name what is missing, twice there, or was never sent', () => {
    assert.deepEqual(compare(storedView), ['order complete: not in orders']);
    assert.deepEqual(compare(storedView, storedOrder, storedOrder), ['order complete: there 2 times']);
    assert.deepEqual(compare(storedView, storedOrder, record('events', 'x', 5, '{}')), [
      'events, partition 1, offset 7: nothing like it was sent',
    ]);
  });

  it('name each part that was stored otherwise', () => {
    const wrong = record('orders', 'v-2', 1000, '{"name":"page view","data":{"path":"/b"}}', 'r2');
    assert.deepEqual(compare(wrong, storedOrder), [
      'page view: topic is "orders", not "events"',
      'page view: key is "v-2", not "v-1"',
      'page view: headers is [["content-type","application/json"],["run","r2"]], not [["content-type","application/json"],["run","r1"]]',
      'page view: value.data is {"path":"/b"}, not {"path":"/a"}',
    ]);
  });

  it('count what a mapped value has too much, or that it is no JSON', () => {
    assert.deepEqual(compare(storedView, record('orders', 'o-1', 1001, '{"total":79,"id":1}')), [
      'order complete: value.id is 1, not missing',
    ]);
    assert.deepEqual(compare(storedView, record('orders', 'o-1', 1001, 'total')), [
      'order complete: value.total is missing, not 79',
    ]);
  });
});
