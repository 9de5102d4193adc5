import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Outcome } from '../../../src/model/outcome.ts';
import { errorOf, record, refused, setUp } from './harness.ts';

const unanswered = { kind: 'unknown', error: refused('REQUEST_FAILED', 'no answer') } as const;

describe('whether a refused record may have been written', () => {
  const lastWords: Exclude<Outcome, { kind: 'stored' }>[] = [
    { kind: 'rejected', error: refused('NOT_AUTHORIZED', 'No WRITE.') },
    { kind: 'splittable', error: refused('RECORD_REJECTED', 'Invalid.') },
  ];
  for (const outcome of lastWords) {
    it(`is told though the broker's last word is ${outcome.error.code}`, async () => {
      const { clock, cluster, producer } = setUp();
      cluster.failNext({ outcome: unanswered, stored: true });
      cluster.failNext({ outcome });
      const failure = errorOf(producer.send(record('a')));
      await clock.advance(2_000);
      const { code, message, mayHaveBeenWritten } = await failure;
      assert.deepEqual(
        [code, mayHaveBeenWritten, message],
        [
          outcome.error.code,
          true,
          `${outcome.error.message} An earlier request may have written this record.`,
        ],
      );
      assert.equal(cluster.records('events').length, 1);
    });
  }

  it('is not claimed where no request before went unanswered', async () => {
    const { clock, cluster, producer } = setUp();
    cluster.failNext({ outcome: { kind: 'rejected', error: refused('NOT_AUTHORIZED', 'No WRITE.') } });
    const failure = errorOf(producer.send(record('a')));
    await clock.advance(2_000);
    const { message, mayHaveBeenWritten } = await failure;
    assert.deepEqual([message, mayHaveBeenWritten], ['No WRITE.', false]);
  });

  it('is true where its dead letter may have been', async () => {
    const { clock, cluster, producer } = setUp(
      { deadLetterTopic: 'dead' },
      { topics: { events: 1, dead: 1 } },
    );
    cluster.failNext({ topic: 'events', outcome: { kind: 'rejected', error: refused('RECORD_REJECTED') } });
    cluster.failNext({ topic: 'dead', outcome: unanswered, stored: true });
    const away = { kind: 'unreachable', error: refused('BROKER_UNREACHABLE') } as const;
    cluster.failNext({ topic: 'dead', outcome: away, times: 99 });
    const failure = errorOf(producer.send(record('a')));
    await clock.advance(9_000);
    const { code, mayHaveBeenWritten } = await failure;
    assert.deepEqual([code, mayHaveBeenWritten], ['DEAD_LETTER_FAILED', true]);
    assert.equal(cluster.records('dead').length, 1);
  });
});
