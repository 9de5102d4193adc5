import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeBytes, decodeJson } from '../../../../src/cli/reading/decode.ts';
import { filterOf } from '../../../../src/cli/reading/filter.ts';
import { recordJson, recordParts } from '../../../../src/cli/reading/show.ts';
import { storedRecord } from './stored.ts';

const shown = (value: string, own: Parameters<typeof storedRecord>[0] = {}) => {
  const record = storedRecord({ ...own, value: Buffer.from(value) });
  const decoded = decodeJson(record) ?? decodeBytes(record);
  return { parts: recordParts(record, decoded), json: recordJson(record, decoded) };
};

describe('a record, shown', () => {
  // JSON.parse makes 9007199254740992 of it.
  it('keeps integers above 2^53', () => {
    const { parts, json } = shown('{"id":9007199254740993}');
    assert.equal(parts.value, '{"id":9007199254740993}');
    assert.equal(
      json,
      '{"topic":"events","partition":0,"offset":1,"timestamp":1700000000123,"key":"k","headers":[],"format":"json",' +
        '"value":{"id":9007199254740993}}',
    );
  });

  // A visitor who chooses the key, a value or a name of an event would otherwise clear the operator's screen.
  it('lets nobody write to the terminal: control characters are escaped for people, and JSON stays JSON', () => {
    const evil = '\u001b]0;pwned\u0007\u001b[2J\u009b1m\u007f\n';
    const escaped = '\\u001b]0;pwned\\u0007\\u001b[2J\\u009b1m\\u007f\\u000a';
    const { parts, json } = shown(`text ${evil}`, { key: Buffer.from(evil) });
    assert.equal(parts.key, escaped);
    assert.equal(parts.value, `text ${escaped}`);
    const { key, value } = JSON.parse(json) as { key: string; value: string };
    assert.deepEqual([key, value], [evil, `text ${evil}`]);
    const event = shown('{"name":"\u009b2J"}');
    assert.equal(event.parts.value, '{"name":"\\u009b2J"}');
    assert.deepEqual(JSON.parse(event.parts.value), { name: '\u009b2J' });
  });

  it('tells no key and no value from empty ones, and from the text of JSON', () => {
    const none = storedRecord({ key: null, value: null });
    const [parts, json] = [recordParts, recordJson].map((show) => show(none, decodeBytes(none)));
    assert.deepEqual(parts, {
      ...{ time: '2023-11-14T22:13:20.123Z', place: '0/1' },
      ...{ key: '(no key)', format: '', value: '(tombstone)' },
    });
    assert.equal(
      json,
      '{"topic":"events","partition":0,"offset":1,"timestamp":1700000000123,"key":null,"headers":[],"format":"tombstone","value":null}',
    );
    const empty = shown('', { key: Buffer.of() });
    assert.deepEqual([empty.parts.key, empty.parts.value], ['', '']);
    assert.match(empty.json, /"key":"","headers":\[\],"format":"text","value":""/);
    assert.match(shown('null').json, /"format":"json","value":null/);
  });

  it('is found by its key, and by no pattern where it has none', () => {
    const fits = (pattern: string, key: Buffer | null) =>
      filterOf({ key: pattern, headers: [] }).byRecord(storedRecord({ key }));
    assert.deepEqual(
      [fits('*', null), fits('*', Buffer.of()), fits('k*', Buffer.from('key'))],
      [false, true, true],
    );
  });

  // Another writer counted nanoseconds: `toISOString` throws beyond the year 275760.
  it('takes a timestamp that is no date as its number', () => {
    assert.equal(shown('{}', { timestamp: 1.7e18 }).parts.time, '1700000000000000000');
    assert.equal(shown('{}').parts.time, '2023-11-14T22:13:20.123Z');
  });
});
