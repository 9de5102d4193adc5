import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { recordJson, recordParts } from '../../../src/cli/reading/show.ts';
import { createLog } from '../../../src/telemetry/log.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import { printable, printableJson } from '../../../src/model/foreign.ts';
import { event, runFlow } from '../../support/flow.ts';
import { failureOf } from '../../support/load.ts';

/** A line break that forges a log line, and what terminals obey: ESC, CSI (U+009B), line separators, marks of direction. */
const hostile = 'a\nERROR forged\u001b[31m\u009b2J\u2028\u202ebc\u2066\u200f\u061c\u007f';
const shown = 'a\\u000aERROR forged\\u001b[31m\\u009b2J\\u2028\\u202ebc\\u2066\\u200f\\u061c\\u007f';

describe('what comes from outside', () => {
  it('stands escaped on one line, and emoji and other scripts stay', () => {
    assert.equal(printable(hostile), shown);
    assert.equal(printable(shown), shown);
    assert.equal(printable('größe 👩‍👩‍👧 日本 עברית'), 'größe 👩‍👩‍👧 日本 עברית');
  });

  it('in JSON: it stays the same JSON, in many lines, too', () => {
    const json = JSON.stringify({ hostile }, undefined, 2);
    const safe = printableJson(json);
    assert.deepEqual(JSON.parse(safe), { hostile });
    assert.equal(safe.split('\n').length, 3);
    // eslint-disable-next-line no-control-regex
    assert.doesNotMatch(safe, /[\u001b\u007f-\u009f\u2028-\u202e\u2066\u200f\u061c]/);
  });

  it('in an error: the words of a broker add no line', () => {
    assert.equal(new KafkaError('RECORD_REJECTED', `Refused: ${hostile}`).message, `Refused: ${shown}`);
    assert.equal(
      new KafkaError('SETTINGS_INVALID', ['2 problems', `x: ${hostile}`]).message,
      `2 problems\nx: ${shown}`,
    );
  });

  it('in a log line: a topic and an event', () => {
    const lines: string[] = [];
    const write = (message: string) => void lines.push(message);
    const log = createLog(
      { error: write, warn: write, info: write, debug: write },
      { now: () => 0, after: () => undefined },
    );
    log({ kind: 'timestamp-replaced', event: hostile, timestamp: '1' });
    log({ kind: 'spool-drained', topic: hostile, refused: 0 });
    assert.equal(lines.length, 2);
    assert.ok(
      lines.every((line) => line.includes(`"${shown}"`)),
      lines.join(),
    );
  });

  // The name of an event comes from the visitor.
  it('through the destination, in the log and in the error of the push', async () => {
    const flow = await runFlow({ kafka: { brokers: ['127.0.0.1:1'], topic: 't', deliveryTimeout: 1_000 } });
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    const failure = failureOf(
      await flow.push(event({ name: hostile, entity: 'a', action: 'b', data: cyclic as never })),
    );
    await flow.stop();
    assert.ok(failure?.startsWith(`Event "${shown}" cannot be written as JSON`), failure);
    const ours = flow.log.filter((line) => line.includes('cannot be written'));
    assert.ok(ours.length > 0);
    assert.ok(ours.every((line) => line.includes(shown) && !line.includes('\n')));
  });

  it('in a record that `tail` shows, as a line and as JSON', () => {
    const value = Buffer.from(JSON.stringify({ hostile }));
    const bytes = Buffer.from(hostile);
    const record = {
      topic: 't',
      partition: 0,
      offset: 1n,
      timestamp: 0,
      key: bytes,
      value,
      headers: [['h', bytes] as const],
    };
    const decoded = { format: 'json', value: { hostile }, json: value.toString() };
    const line = recordJson(record, decoded);
    // eslint-disable-next-line no-control-regex
    assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066\u200f\u061c]/);
    const read = JSON.parse(line) as { key: string; value: unknown; headers: unknown };
    assert.deepEqual([read.key, read.value, read.headers], [hostile, { hostile }, [['h', hostile]]]);
    assert.equal(recordParts(record, decoded).key, shown);
  });
});
