import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { foldJson } from '../../../../demo/once/fold-json.ts';
import { type Paint, plain } from '../../../../demo/terminal/paint.ts';
import { showRecord } from '../../../../demo/once/show.ts';

const marked: Paint = (style, text) => `<${style}>${text}</>`;

describe('showRecord', () => {
  const record = {
    topic: 'orders',
    partition: 2,
    offset: 17,
    timestampType: 'CreateTime',
    timestamp: 1_700_000_000_123,
    key: Buffer.from('visitor-1'),
    headers: [
      ['content-type', Buffer.from('application/json')],
      ['empty', null],
    ],
    value: Buffer.from('{"id":"o-1","total":79}'),
  } as const;

  it('shows everything that Kafka keeps', () => {
    assert.equal(
      showRecord(record, plain),
      [
        '',
        'orders  partition 2 · offset 17 · 2023-11-14T22:13:20.123Z',
        '  key      visitor-1',
        '  headers  content-type: application/json · empty: null',
        '  value    { "id": "o-1", "total": 79 }',
      ].join('\n'),
    );
  });

  it('says what is not there', () => {
    const bare = { ...record, timestamp: -1, key: null, headers: [], value: null };
    assert.equal(
      showRecord(bare, plain),
      [
        '',
        'orders  partition 2 · offset 17 · no timestamp',
        '  key      null',
        '  headers  none',
        '  value    null',
      ].join('\n'),
    );
  });

  /** Events come over the network: their bytes must not reach the terminal as commands. */
  it('shows control characters instead of sending them', () => {
    const hostile = '\x1b]0;gone\x07\x9b2J\u202e\r\n';
    const shown = showRecord(
      {
        ...record,
        key: Buffer.from(hostile),
        headers: [[`n${hostile}`, Buffer.from(hostile)]],
        value: Buffer.from(hostile),
      },
      plain,
    );
    const harmless = '\\u001b]0;gone\\u0007\\u009b2J\\u202e\\u000d\\u000a';
    assert.deepEqual(shown.split('\n').slice(2), [
      `  key      ${harmless}`,
      `  headers  n${harmless}: ${harmless}`,
      `  value    ${harmless}`,
    ]);
  });
});

describe('foldJson', () => {
  it('fills lines, and opens what is too long for one', () => {
    const text =
      '{"a":1,"b":[],"c":{},"list":["first one","second one","third one"],"d":null,"e":{"f":true}}';
    assert.equal(
      foldJson(text, 30, plain),
      [
        '{',
        '  "a": 1, "b": [], "c": {},',
        '  "list": [',
        '    "first one", "second one",',
        '    "third one"',
        '  ],',
        '  "d": null,',
        '  "e": { "f": true }',
        '}',
      ].join('\n'),
    );
    assert.equal(foldJson('[1,"x",false]', 30, plain), '[1, "x", false]');
  });

  it('leaves alone what would read differently', () => {
    for (const text of ['{"n":12345678901234567890}', '{"n":1.0}', '{"a":1,"a":2}', '{"a": 1}', 'no json']) {
      assert.equal(foldJson(text, 80, plain), text);
    }
  });

  it('paints names, not what looks like one inside a string', () => {
    assert.equal(foldJson('{"a":"\\"b\\": 1"}', 80, marked), '{ <dim>"a": </>"\\"b\\": 1" }');
  });
});
