import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ResendPorts } from '../../../../src/cli/dead-letters/resend.ts';
import { KafkaError } from '../../../../src/model/errors.ts';
import type { OffsetStore } from '../../../../src/transport/port.ts';
import { cluster, many, outcomeOf, resending, taker, type Send } from './cluster.ts';

describe('two resends of one dead-letter topic', { concurrency: true }, () => {
  it('started together: one does all, the other says so, and nothing goes twice', async () => {
    // Equal progress made equal offsets, and each took the other's for its own: 10,000 of 10,000 were sent twice.
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

  it('with filters that share no dead letter: the second is refused, and forgets nothing of the first', async () => {
    // A partition of which nothing was sent was committed without a look at the commits of other runs.
    const ports = cluster([many(2_000, 'a'), many(100, 'b', 1)], 1);
    const { send, times, twice } = taker(5);
    const first = outcomeOf(resending({ ...ports, send }, { batch: 100, filter: { topic: 'a' } }).run());
    await sleep(100);
    const second = outcomeOf(resending({ ...ports, send }, { batch: 100, filter: { topic: 'b' } }).run());
    assert.deepEqual(await Promise.all([first, second]), ['done', 'RESEND_IN_USE']);
    await resending({ ...ports, send }).run();
    assert.deepEqual([times.size, twice()], [2_100, 0]);
  });

  it('whose leases cross: whoever wrote first gives way before it has sent anything', async () => {
    const { reader, offsetStore } = cluster([many(10)]);
    // Reads before the other one has written its lease, and writes after it.
    const slow: OffsetStore = {
      ...offsetStore,
      async commit(...offsets) {
        await sleep(20);
        await offsetStore.commit(...offsets);
      },
    };
    const { send, times, twice } = taker();
    const outcomes = await Promise.all([
      outcomeOf(resending({ reader, offsetStore, send }).run()),
      outcomeOf(resending({ reader, offsetStore: slow, send }).run()),
    ]);
    assert.deepEqual(outcomes, ['RESEND_IN_USE', 'done']);
    assert.deepEqual([times.size, twice()], [10, 0]);
  });

  it('that learn the partitions in another order look for the lease on the same one', async () => {
    // The leaders answer in any order.
    const { reader, offsetStore } = cluster([many(100), many(100, 'orders', 1)], 1);
    const reversed: ResendPorts['reader'] = {
      ...reader,
      offsets: async (...asked) => new Map([...(await reader.offsets(...asked))].toReversed()),
    };
    const { send, times, twice } = taker(5);
    const first = outcomeOf(resending({ reader, offsetStore, send }, { batch: 10 }).run());
    await sleep(100);
    const second = outcomeOf(resending({ reader: reversed, offsetStore, send }, { batch: 10 }).run());
    assert.deepEqual(await Promise.all([first, second]), ['done', 'RESEND_IN_USE']);
    assert.deepEqual([times.size, twice()], [200, 0]);
  });

  it('of which the first takes long over one batch: its heartbeat keeps the lease', async () => {
    const ports = cluster([many(10)]);
    const { send, times, twice } = taker(600);
    const first = outcomeOf(resending({ ...ports, send }, { batch: 10 }).run());
    await sleep(100);
    const second = outcomeOf(resending({ ...ports, send }).run());
    assert.deepEqual(await Promise.all([first, second]), ['done', 'RESEND_IN_USE']);
    assert.deepEqual([times.size, twice()], [10, 0]);
  });

  it('a run that is overtaken commits nothing and sends no further batch', async () => {
    const { reader, offsetStore, kept } = cluster([many(5)]);
    const sent: string[] = [];
    const send: Send = (records) => {
      sent.push(...records.map(({ value }) => String(value)));
      // Meanwhile another run goes on from the same offset.
      kept.set(0, { offset: 4n, note: '|somebody.7' });
      return Promise.resolve(records.map(() => undefined));
    };
    await assert.rejects(resending({ reader, offsetStore, send }).run(), {
      code: 'RESEND_IN_USE',
      message:
        'Dead-letter topic "dead": another resend is at work on it. Wait for it to end, then run this again.',
    });
    assert.deepEqual(sent, ['0/0', '0/1']);
    assert.deepEqual(kept.get(0), { offset: 4n, note: '|somebody.7' });
  });

  it('a killed run blocks nobody: its lease is watched for a while, and taken over', async () => {
    const ports = cluster([many(4)]);
    ports.kept.set(0, { offset: 2n, note: '|killed.3' });
    const waits: number[] = [];
    const { send, times } = taker();
    await resending({ ...ports, send }, { onOther: (ms) => waits.push(ms) }).run();
    assert.deepEqual(waits, [200]);
    assert.deepEqual([...times.keys()], ['0/2', '0/3']);
    assert.deepEqual(ports.kept.get(0), { offset: 4n, note: '' }, 'the lease stayed');
  });

  it('a run that ends with an error lets the next one begin at once', async () => {
    const ports = cluster([many(4)]);
    const send: Send = (records) => Promise.resolve(records.map(() => new KafkaError('BROKER_BUSY', 'busy')));
    assert.equal(await outcomeOf(resending({ ...ports, send }).run()), 'BROKER_BUSY');
    assert.ok(!ports.kept.get(0)?.note.includes('|'));
  });
});
