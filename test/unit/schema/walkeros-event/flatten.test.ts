import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flattened } from '../../../../src/schema/walkeros-event/flatten.ts';

const data = (own: object): unknown => (flattened({ data: own }, new Set()) as { data: unknown }).data;

describe('the event in columns', () => {
  it('has text as it is, and all else as its JSON', () => {
    const own = { text: 'a "b"', number: 1.5, yes: true, list: [1, 'a'], object: { a: null }, big: 5n };
    assert.deepEqual(data(own), {
      ...{ text: 'a "b"', number: '1.5', yes: 'true', list: '[1,"a"]', object: '{"a":null}', big: '5' },
    });
  });

  // One function in `data` once refused the whole event, which goes through in JSON.
  it('leaves out what JSON leaves out', () => {
    const none = { f: () => 1, s: Symbol('x'), u: undefined, n: null, toJSON: undefined };
    assert.deepEqual(data({ ...none, a: 'x', hidden: { toJSON: () => undefined } }), { a: 'x' });
    assert.deepEqual(flattened({ context: { a: [() => 1, 2], b: () => 1 } }, new Set()), {
      context: { a: { value: '', index: 2 } },
      ...{ data: undefined, globals: undefined, custom: undefined, user: undefined },
      ...{ source: undefined, nested: undefined },
    });
  });

  it('has a date as its text, without the quotes that JSON puts around it', () => {
    assert.deepEqual(data({ at: new Date(0), none: new Date(NaN) }), { at: '1970-01-01T00:00:00.000Z' });
  });

  it('keeps a property named __proto__', () => {
    const own = data(JSON.parse('{"__proto__":"x","a":1}') as object);
    assert.equal(JSON.stringify(own), '{"__proto__":"x","a":"1"}');
  });
});
