import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { staticHeaders } from '../../../src/record/shape.ts';
import { built } from '../../support/built.ts';
import { event } from '../../support/flow.ts';

const keyOf = (path: string | undefined, overrides = {}) =>
  String(built(event(overrides), { settings: { key: path } }).key);

describe('record', () => {
  it('falls back to the event name with spaces as underscores', () => {
    assert.equal(keyOf(undefined), 'page_view');
    assert.equal(keyOf('user.email'), 'page_view');
    assert.equal(keyOf('data'), 'page_view');
    assert.equal(keyOf('data.list', { data: { list: ['a'] } }), 'page_view');
    assert.equal(keyOf('data.none', { data: { none: null } }), 'page_view');
    assert.equal(keyOf('data.empty', { data: { empty: '' } }), 'page_view');
    assert.equal(keyOf('data.nan', { data: { nan: Number.NaN } }), 'page_view');
    assert.equal(keyOf(undefined, { name: 'a  b\tc' }), 'a_b_c');
  });

  it('takes text, numbers and booleans as they read', () => {
    assert.equal(keyOf('user.id'), 'us3r');
    assert.equal(keyOf('data.n', { data: { n: 0 } }), '0');
    assert.equal(keyOf('data.b', { data: { b: false } }), 'false');
    assert.equal(keyOf('nested.0.data.id', { nested: [{ entity: 'p', data: { id: 'x' } }] }), 'x');
  });

  /** It went by the event's name: to one partition, and in no order with the smaller ids of the same user. */
  it('takes a BigInt as it reads', () => {
    const big = event({ user: { id: 9_007_199_254_740_993n as never } });
    const { key } = built(big, { data: { mapped: true }, settings: { key: 'user.id' } });
    assert.equal(String(key), '9007199254740993');
  });

  it("prefers the rule's topic and key", () => {
    const rule = { topic: 'orders', key: 'user.id' };
    const record = built(event(), { rule, settings: { key: 'id' } });
    assert.equal(record.topic, 'orders');
    assert.equal(String(record.key), 'us3r');
  });

  it('stores mapped data where it is an object, even an empty one, and the event otherwise', () => {
    const valueOf = (data: unknown) => String(built(event(), { data }).value);
    assert.equal(valueOf({ a: 1 }), '{"a":1}');
    assert.equal(valueOf({}), '{}');
    for (const data of [undefined, 'text', 1, ['a']]) assert.match(valueOf(data), /^\{"name":"page view"/);
  });

  it('keeps a timestamp to the millisecond, and takes the given one where there is none', () => {
    const timestampOf = (timestamp: unknown) =>
      built(event({ timestamp: timestamp as number }), { fallbackTimestamp: 42 }).timestamp;
    assert.equal(timestampOf(1_700_000_000_123), 1_700_000_000_123);
    assert.equal(timestampOf(1.9), 1);
    assert.equal(timestampOf(0), 0);
    for (const none of [undefined, null, '1700000000123', Number.NaN, Infinity, -1, 1e300])
      assert.equal(timestampOf(none), 42);
  });

  it('lets static headers replace the content type', () => {
    assert.deepEqual(staticHeaders({}).json, { 'content-type': 'application/json' });
    assert.deepEqual(staticHeaders({ 'content-type': 'text/plain', a: 'b' }).json, {
      'content-type': 'text/plain',
      a: 'b',
    });
  });

  it('names the event that cannot be written as JSON', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    const build = (data: unknown) => () => built({ ...event(), data } as never);
    assert.throws(build(cycle), {
      code: 'EVENT_NOT_SERIALIZABLE',
      message: /^Event "page view" cannot be written as JSON: Conv/,
    });
    assert.throws(build({ n: 1n }), { message: /serialize a BigInt/ });
    const mute = { ...event(), toJSON: () => undefined };
    assert.throws(() => built(mute), {
      message: /has no JSON form/,
    });
  });
});
