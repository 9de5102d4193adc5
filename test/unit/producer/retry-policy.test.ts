import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Failure } from '../../../src/model/outcome.ts';
import { decide, type Action, type RecordFacts } from '../../../src/producer/retry-policy.ts';
import { refused } from './harness.ts';

const busy = refused('BROKER_BUSY');
const retriable: Failure = { kind: 'retriable', error: busy, refresh: false, mayHaveBeenWritten: false };
const missing: Failure = { ...retriable, error: refused('TOPIC_MISSING') };
const named: Failure = { kind: 'rejected', error: busy, named: new Map([[1, busy]]) };

/** The second record of three, with the answer that uses up its two tries. */
const last: RecordFacts = { records: 3, index: 1, attempts: 3, durability: 'memory' };

// What becomes of a record was decided in three methods, in the middle of what they did about it.
describe('what an answer means for a record', () => {
  const table: readonly (readonly [string, Failure, Partial<RecordFacts>, Action])[] = [
    ['rejected', { kind: 'rejected', error: busy }, {}, 'reject'],
    ['rejected, and named', named, {}, 'reject'],
    ['rejected, and another is named', named, { index: 0 }, 'retry'],
    ['too large, of three', { kind: 'splittable', error: busy }, {}, 'split'],
    ['too large, alone', { kind: 'splittable', error: busy }, { records: 1 }, 'reject'],
    ['try again, with a try left', retriable, { attempts: 2 }, 'retry'],
    ['try again, with none left', retriable, {}, 'expire'],
    ['try again, while the disk writes it', retriable, { durability: 'writing' }, 'expire'],
    ['try again, and the disk has it', retriable, { durability: 'disk' }, 'retry'],
    ['no such topic, with a try left', missing, { attempts: 2 }, 'retry'],
    ['no such topic, with none left', missing, {}, 'reject'],
    ['unreachable', { kind: 'unreachable', error: busy }, {}, 'retry'],
    ['unknown', { kind: 'unknown', error: busy }, {}, 'retry'],
  ];
  for (const [name, outcome, facts, action] of table)
    it(`${name}: ${action}`, () => assert.equal(decide(outcome, { ...last, ...facts }, 2), action));
});
