import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cloudEvents } from '../../../src/record/cloudevents.ts';
import { staticHeaders } from '../../../src/record/shape.ts';
import { compileJsonSchema } from '../../../src/schema/json-schema.ts';
import { jsonText } from '../../../src/schema/json-text.ts';
import { built } from '../../support/built.ts';
import { event } from '../../support/flow.ts';

/**
 * Text that was cut within an emoji: JSON.stringify writes the half that is left as `\ud83d`, and strict readers (orjson,
 * ClickHouse) refuse the whole record for it. docs/schemas.md promises U+FFFD.
 */
const half = '\ud83d';
const data = {
  cut: `Hi ${half}`,
  whole: '😀',
  [`na${half}me`]: [`\ude00`],
  literal: '\\ud83d',
  slashes: `\\\\${half}`,
};
const expected =
  '{"cut":"Hi \ufffd","whole":"😀","na\ufffdme":["\ufffd"],"literal":"\\\\ud83d","slashes":"\\\\\\\\\ufffd"}';

describe('half a surrogate', () => {
  it('is U+FFFD in JSON, and what looks like its escape stays as it is', () => {
    const { value } = built(event(), { data });
    assert.equal(String(value), expected);
  });

  it('is U+FFFD in keys and in the headers of CloudEvents', () => {
    const { key } = built(event({ name: `a ${half}` }), { data });
    assert.equal(key?.toString('hex'), Buffer.from('a_\ufffd').toString('hex'));
  });

  for (const mode of ['binary', 'structured'] as const) {
    it(`is U+FFFD in CloudEvents, ${mode}`, () => {
      const compose = cloudEvents({ mode, source: 's', typePrefix: '' });
      const head = { topic: 't', key: Buffer.from('k'), timestamp: 0, headers: staticHeaders({}) };
      assert.ok(String(compose(head, data, event()).value).includes(expected));
    });
  }

  it('is U+FFFD by a JSON Schema, in dead letters and in JSON within maps', () => {
    const write = compileJsonSchema('{"type":"object"}').writer(7);
    assert.equal(write(data).subarray(5).toString(), expected);
    assert.equal(jsonText(data), expected);
    assert.equal(jsonText({ n: 1n, cut: half }), '{"n":1,"cut":"\ufffd"}');
  });

  it('leaves a pair that somebody wrote as escapes', () => {
    const { rawJSON } = JSON as typeof JSON & { rawJSON: (text: string) => unknown };
    assert.equal(jsonText({ raw: rawJSON('"\\ud83d\\ude00\\ud83d"') }), '{"raw":"\\ud83d\\ude00\ufffd"}');
  });
});
