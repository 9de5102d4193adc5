import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Bookmark } from '../../../src/dead-letters/place.ts';
import type { Letters, Memory, Send } from '../../../src/dead-letters/ports.ts';
import { Resending, type ResendRequest } from '../../../src/dead-letters/resend.ts';
import { KafkaError } from '../../../src/vocabulary/errors.ts';
import type { StoredRecord } from '../../../src/vocabulary/stored-record.ts';

const stored = (
  offset: number,
  headers: readonly (readonly [string, string | Buffer])[] = [],
): StoredRecord => ({
  topic: 'dead',
  partition: 0,
  offset: BigInt(offset),
  timestamp: 1_700_000_000_000,
  key: Buffer.from('k'),
  value: Buffer.from(String(offset)),
  headers: [['walkeros-dead-letter-topic', 'orders'] as const, ...headers].map(([name, value]) => [
    name,
    Buffer.from(value),
  ]),
});

function cluster(records: readonly StoredRecord[]) {
  const kept = new Map<number, Bookmark>();
  const letters: Letters = {
    offsets: (_topic, at) => Promise.resolve(new Map([[0, at === 'first' ? 0n : BigInt(records.length)]])),
    async *read(_topic, from) {
      await Promise.resolve();
      yield { records: records.filter(({ offset }) => offset >= (from.get(0) ?? 0n)) };
    },
  };
  const memory: Memory = {
    find: () => Promise.resolve(new Map(kept)),
    keep: (_group, _topic, bookmarks) => {
      for (const [partition, bookmark] of bookmarks) kept.set(partition, bookmark);
      return Promise.resolve();
    },
  };
  return { letters, memory, kept };
}

const request: ResendRequest = {
  topic: 'dead',
  wanted: {},
  batch: 2,
  limit: Infinity,
  dryRun: false,
  signal: new AbortController().signal,
  onProgress: () => undefined,
  onLeft: () => undefined,
};

describe('re-sending dead letters', () => {
  it('two at once: the second stops before it sends anything twice', async () => {
    const { letters, memory, kept } = cluster([0, 1, 2, 3, 4].map((offset) => stored(offset)));
    const sent: string[] = [];
    const send: Send = (records) => {
      sent.push(...records.map(({ value }) => String(value)));
      return Promise.resolve(records.map(() => undefined));
    };
    // Behind our back somebody else goes on from the same place.
    const shared: Memory = {
      ...memory,
      async keep(...place) {
        await memory.keep(...place);
        kept.set(0, { offset: 4n, note: '' });
      },
    };
    await assert.rejects(new Resending(request, letters, shared, send).run(), {
      code: 'RESEND_IN_USE',
      message:
        'Dead-letter topic "dead": another resend is at work on it. Wait for it to end, then run this again.',
    });
    assert.deepEqual(sent, ['0', '1']);
  });

  it('a cluster in trouble ends the run, and what it took until then is remembered', async () => {
    const { letters, memory, kept } = cluster([0, 1, 2, 3].map((offset) => stored(offset)));
    const down = new KafkaError('DEADLINE_EXCEEDED', 'down');
    let batches = 0;
    const send: Send = (records) => {
      batches += 1;
      return Promise.resolve(records.map((_, index) => (batches === 2 && index === 1 ? down : undefined)));
    };
    await assert.rejects(new Resending(request, letters, memory, send).run(), down);
    assert.deepEqual(kept.get(0)?.offset, 3n);
    const again: string[] = [];
    const { sent, left } = await new Resending(request, letters, memory, (records) => {
      again.push(...records.map(({ value }) => String(value)));
      return Promise.resolve(records.map(() => undefined));
    }).run();
    assert.deepEqual(again, ['3']);
    assert.deepEqual([...sent, left], [['orders', 1], 0]);
  });

  it('leaves what cannot be sent as it was, with the reason, and what somebody else has written', async () => {
    const foreign: StoredRecord = { ...stored(3), headers: [] };
    const records = [
      stored(0, [['a', Buffer.from([0xff])]]),
      stored(1, [
        ['b', '1'],
        ['b', '2'],
      ]),
      { ...stored(2), value: null },
      foreign,
      stored(4),
    ];
    const { letters, memory, kept } = cluster(records);
    const reasons: string[] = [];
    const onLeft: ResendRequest['onLeft'] = (_, reason) => reasons.push(reason);
    const send: Send = (all) => Promise.resolve(all.map(() => undefined));
    const result = await new Resending({ ...request, onLeft }, letters, memory, send).run();
    assert.deepEqual(reasons, [
      'its header "a" is no text',
      'it has the header "b" twice',
      'it has no value',
    ]);
    assert.deepEqual([...result.sent, result.left, result.stopped], [['orders', 1], 3, false]);
    assert.equal(kept.get(0)?.offset, 0n);
  });
});
