import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Letters, Memory, Send } from '../../../../src/cli/dead-letters/ports.ts';
import { KafkaError } from '../../../../src/model/errors.ts';
import { cluster, many, outcomeOf, resending, taker } from './cluster.ts';

describe('two resends of one dead-letter topic', () => {
  it('started together: one does all, the other says so, and nothing goes twice', async () => {
    // Equal progress made equal bookmarks, and each took the other's for its own: 10,000 of 10,000 were sent twice.
    for (const jitter of [0, 1, 5]) {
      const ports = cluster([many(2_000)], 2);
      const { send, times, twice } = taker(2);
      const outcomes = await Promise.all(
        [0, jitter].map(async (wait) => {
          await sleep(wait);
          return outcomeOf(resending({ ...ports, send }, { batch: 100 }).run());
        }),
      );
      assert.deepEqual(outcomes.toSorted(), ['RESEND_IN_USE', 'done']);
      assert.deepEqual([times.size, twice()], [2_000, 0]);
    }
  });

  it('with filters that share no letter: the second is refused, and forgets nothing of the first', async () => {
    // Where nothing of a partition was sent its place was kept without a look at who else had kept one.
    const ports = cluster([many(2_000, 'a'), many(100, 'b', 1)], 1);
    const { send, times, twice } = taker(5);
    const first = outcomeOf(resending({ ...ports, send }, { batch: 100, wanted: { topic: 'a' } }).run());
    await sleep(100);
    const second = outcomeOf(resending({ ...ports, send }, { batch: 100, wanted: { topic: 'b' } }).run());
    assert.deepEqual(await Promise.all([first, second]), ['done', 'RESEND_IN_USE']);
    await resending({ ...ports, send }).run();
    assert.deepEqual([times.size, twice()], [2_100, 0]);
  });

  it('whose claims cross: whoever wrote first gives way before it has sent anything', async () => {
    const { letters, memory } = cluster([many(10)]);
    // Looks before the other has claimed, and claims after it.
    const slow: Memory = {
      ...memory,
      async keep(...bookmarks) {
        await sleep(20);
        await memory.keep(...bookmarks);
      },
    };
    const { send, times, twice } = taker();
    const outcomes = await Promise.all([
      outcomeOf(resending({ letters, memory, send }).run()),
      outcomeOf(resending({ letters, memory: slow, send }).run()),
    ]);
    assert.deepEqual(outcomes, ['RESEND_IN_USE', 'done']);
    assert.deepEqual([times.size, twice()], [10, 0]);
  });

  it('that are told of the partitions in another order claim the same place all the same', async () => {
    // The order is that in which the leaders have answered.
    const { letters, memory } = cluster([many(100), many(100, 'orders', 1)], 1);
    const reversed: Letters = {
      ...letters,
      offsets: async (...asked) => new Map([...(await letters.offsets(...asked))].toReversed()),
    };
    const { send, times, twice } = taker(5);
    const first = outcomeOf(resending({ letters, memory, send }, { batch: 10 }).run());
    await sleep(100);
    const second = outcomeOf(resending({ letters: reversed, memory, send }, { batch: 10 }).run());
    assert.deepEqual(await Promise.all([first, second]), ['done', 'RESEND_IN_USE']);
    assert.deepEqual([times.size, twice()], [200, 0]);
  });

  it('of which the first takes long over one batch: it shows that it lives, and is not taken over', async () => {
    const ports = cluster([many(10)]);
    const { send, times, twice } = taker(600);
    const first = outcomeOf(resending({ ...ports, send }, { batch: 10 }).run());
    await sleep(100);
    const second = outcomeOf(resending({ ...ports, send }).run());
    assert.deepEqual(await Promise.all([first, second]), ['done', 'RESEND_IN_USE']);
    assert.deepEqual([times.size, twice()], [10, 0]);
  });

  it('a run that is overtaken keeps nothing and sends no further batch', async () => {
    const { letters, memory, kept } = cluster([many(5)]);
    const sent: string[] = [];
    const send: Send = (records) => {
      sent.push(...records.map(({ value }) => String(value)));
      // Behind our back somebody else goes on from the same place.
      kept.set(0, { offset: 4n, note: '|somebody.7' });
      return Promise.resolve(records.map(() => undefined));
    };
    await assert.rejects(resending({ letters, memory, send }).run(), {
      code: 'RESEND_IN_USE',
      message:
        'Dead-letter topic "dead": another resend is at work on it. Wait for it to end, then run this again.',
    });
    assert.deepEqual(sent, ['0/0', '0/1']);
    assert.deepEqual(kept.get(0), { offset: 4n, note: '|somebody.7' });
  });

  it('what a killed run has left keeps nobody out: its claim is looked at for a while, and taken over', async () => {
    const ports = cluster([many(4)]);
    ports.kept.set(0, { offset: 2n, note: '|killed.3' });
    const waits: number[] = [];
    const { send, times } = taker();
    await resending({ ...ports, send }, { onOther: (ms) => waits.push(ms) }).run();
    assert.deepEqual(waits, [200]);
    assert.deepEqual([...times.keys()], ['0/2', '0/3']);
    assert.deepEqual(ports.kept.get(0), { offset: 4n, note: '' }, 'the claim stayed');
  });

  it('a run that ends with an error lets the next one begin at once', async () => {
    const ports = cluster([many(4)]);
    const send: Send = (records) => Promise.resolve(records.map(() => new KafkaError('BROKER_BUSY', 'busy')));
    assert.equal(await outcomeOf(resending({ ...ports, send }).run()), 'BROKER_BUSY');
    assert.ok(!ports.kept.get(0)?.note.includes('|'));
  });
});
