import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Expectation } from '../../chaos/scenario.ts';
import { judge, type Answer, type Verdict } from '../../chaos/verdict/judge.ts';
import { inOperatorsWords } from '../../chaos/verdict/operator.ts';
import { problemsOf, type Observed } from '../../chaos/verdict/problems.ts';

const answers: Answer[] = [0, 1].map((n) => ({ n, ms: 1 }));
const clean = judge({
  sent: 2,
  answers,
  found: [0, 1].map((n) => ({ n, key: 'a', partition: 0 })),
});
const strict: Expectation = { rejected: 'none', duplicates: 'none', log: [] };

const seen = (verdict: Partial<Verdict>, rest: Partial<Observed> = {}): Observed => ({
  verdict: { ...clean, ...verdict },
  inDoubt: 0,
  log: [],
  recovered: true,
  ...rest,
});

describe('what a chaos scenario is failed for', () => {
  it('nothing, when all is as it must be', () => {
    assert.deepEqual(problemsOf(strict, seen({})), []);
  });

  const rows: readonly [string, Expectation, Observed, string][] = [
    ['a loss', strict, seen({ lost: 2 }), '2 acknowledged events are lost'],
    ['disorder', strict, seen({ outOfOrder: 3 }), '3 events are out of order'],
    ['no recovery', strict, seen({}, { recovered: false }), 'the stream did not flow again by itself'],
    ['a rejection', strict, seen({ rejected: 4 }), '4 events were rejected'],
    [
      'a fault that was not felt',
      { ...strict, rejected: 'some' },
      seen({}),
      'no event was rejected: the fault was not felt',
    ],
    [
      'a duplicate where there may be none',
      strict,
      seen({ duplicates: 1 }, { inDoubt: 9 }),
      '1 duplicates, at most 0 are accounted for',
    ],
    [
      'more duplicates than were under way',
      { ...strict, duplicates: 'in doubt' },
      seen({ duplicates: 10 }, { inDoubt: 9 }),
      '10 duplicates, at most 9 are accounted for',
    ],
    [
      'silence towards the operator',
      { ...strict, log: ['WARN Help'] },
      seen({}, { log: ['INFO Help', 'WARN Hel'] }),
      'the log lacks: WARN Help',
    ],
    [
      'silence, where one of several lines must come',
      { ...strict, log: ['INFO Help', ['WARN Help', 'WARN Fire']] },
      seen({}, { log: ['INFO Help is near'] }),
      'the log lacks: WARN Help — or: WARN Fire',
    ],
    [
      'a push that does not say what happened',
      { ...strict, rejected: 'any', failures: ['Kafka topic "events": not acknowledged'] },
      seen({ rejected: 1, failures: [{ message: 'Error', count: 1 }] }),
      'no push failed with: Kafka topic "events": not acknowledged',
    ],
    [
      'kills that struck nothing on its way',
      { ...strict, struck: 2 },
      seen({
        kills: [
          { spooled: 4, stored: 1 },
          { spooled: 4, stored: 0 },
        ],
      }),
      '1 of 2 kills struck records on their way, 2 must',
    ],
  ];
  for (const [name, expect, observed, problem] of rows) {
    it(name, () => assert.deepEqual(problemsOf(expect, observed), [problem]));
  }
});

it('names what chance decides in what an operator reads', () => {
  const names = { topic: 'chaos-1f', addresses: ['127.0.0.1:15001'], spool: '/tmp/x/spool.db' };
  assert.equal(
    inOperatorsWords(
      'WARN Kafka topic "chaos-1f": trying again in 283 ms. 127.0.0.1:15001 is away. (and 7 more like it since the last line)',
      names,
    ),
    'WARN Kafka topic "events": trying again in … ms. kafka is away.',
  );
  assert.equal(
    inOperatorsWords(
      'INFO Kafka topic "chaos-1f": everything in the spool was delivered. (the latest of 4 changes since the last line)',
      names,
    ),
    'INFO Kafka topic "events": everything in the spool was delivered.',
  );
  assert.equal(
    inOperatorsWords(
      '/tmp/x: /tmp/x/spool.db moved to /tmp/x/spool.db.damaged-2026-01-02T03:04:05.678Z, 12 records',
      names,
    ),
    'folder: spool.db moved to spool.db.damaged-…, … records',
  );
});
