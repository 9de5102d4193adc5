import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bookmark } from '../../../src/dead-letters/place.ts';
import type { Letters, Memory, Send } from '../../../src/dead-letters/ports.ts';
import { Resending, type ResendPorts, type ResendRequest } from '../../../src/dead-letters/resend.ts';
import { KafkaError } from '../../../src/vocabulary/errors.ts';
import type { StoredRecord } from '../../../src/vocabulary/stored-record.ts';

const stored = (
  offset: number,
  headers: readonly (readonly [string, string | Buffer])[] = [],
  { partition = 0, topic = 'orders' } = {},
): StoredRecord => ({
  topic: 'dead',
  partition,
  offset: BigInt(offset),
  timestamp: 1_700_000_000_000,
  key: Buffer.from('k'),
  value: Buffer.from(`${partition}/${offset}`),
  headers: [['walkeros-dead-letter-topic', topic] as const, ...headers].map(([name, value]) => [
    name,
    Buffer.from(value),
  ]),
});

const many = (count: number, topic?: string, partition = 0): StoredRecord[] =>
  Array.from({ length: count }, (_, offset) => stored(offset, [], { partition, ...(topic && { topic }) }));

/** @param latency of each question to it, in ms */
function cluster(partitions: readonly (readonly StoredRecord[])[], latency = 0) {
  const kept = new Map<number, Bookmark>();
  const letters: Letters = {
    async offsets(_topic, at) {
      await sleep(latency);
      return new Map(
        partitions.map((records, partition) => [partition, at === 'first' ? 0n : BigInt(records.length)]),
      );
    },
    async *read(_topic, from) {
      for (const [partition, first] of from) {
        const records = partitions[partition]?.filter(({ offset }) => offset >= first) ?? [];
        for (let at = 0; at < records.length; at += 1_000) {
          await sleep(latency);
          yield { records: records.slice(at, at + 1_000) };
        }
      }
    },
  };
  const memory: Memory = {
    async find() {
      await sleep(latency);
      return new Map(kept);
    },
    async keep(_group, _topic, bookmarks) {
      await sleep(latency);
      for (const [partition, bookmark] of bookmarks) kept.set(partition, bookmark);
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
  onOther: () => undefined,
};

const timing = { settle: 50, beat: 10, looks: 20, lookEvery: 10 };
const finish: ResendPorts['finish'] = (_letter, record) => Promise.resolve(record);

const resending = (ports: Omit<ResendPorts, 'finish'>, more: Partial<ResendRequest> = {}) =>
  new Resending({ ...request, ...more }, { finish, ...ports }, timing);

/** Counts what it takes, for all runs together. */
function taker(latency = 0) {
  const times = new Map<string, number>();
  const send: Send = async (records) => {
    await sleep(latency);
    for (const { value } of records) times.set(String(value), (times.get(String(value)) ?? 0) + 1);
    return records.map(() => undefined);
  };
  return { send, times, twice: () => [...times.values()].filter((count) => count > 1).length };
}

const outcomeOf = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => 'done',
    (thrown: unknown) => (thrown instanceof KafkaError ? thrown.code : String(thrown)),
  );

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

describe('re-sending dead letters', () => {
  it('stops where it is told to: before it begins, between partitions, before a batch; and says that it did', async () => {
    // Only after a full batch was it looked at: 50 partitions of 400 letters were sent to their end, and "stopped" was false.
    const partitions = Array.from({ length: 20 }, (_, partition) => many(40, 'orders', partition));
    const before = taker();
    const early = resending(
      { ...cluster(partitions), send: before.send },
      { batch: 500, signal: AbortSignal.abort() },
    );
    assert.deepEqual(await early.run(), { sent: new Map(), left: 0, stopped: true });
    assert.equal(before.times.size, 0);

    const ports = cluster(partitions);
    const { send, times, twice } = taker();
    const stop = new AbortController();
    const stopping: Send = (records) => {
      if (times.size === 80) stop.abort();
      return send(records);
    };
    const { sent, stopped } = await resending(
      { ...ports, send: stopping },
      { batch: 500, signal: stop.signal },
    ).run();
    assert.deepEqual([...sent, stopped], [['orders', 120], true]);
    await resending({ ...ports, send }, { batch: 500 }).run();
    assert.deepEqual([times.size, twice()], [800, 0]);
  });

  it('a letter that cannot be given the form of its topic stays, with the reason', async () => {
    const { letters, memory } = cluster([many(3)]);
    const { send, times } = taker();
    const reasons: string[] = [];
    const result = await new Resending(
      { ...request, onLeft: (_, reason) => reasons.push(reason) },
      {
        letters,
        memory,
        send,
        finish: ({ stored: { offset } }, record) =>
          Promise.resolve(offset === 1n ? 'no schema' : { ...record, value: Buffer.from('framed') }),
      },
      timing,
    ).run();
    assert.deepEqual([...result.sent, result.left, result.stopped], [['orders', 2], 1, false]);
    assert.deepEqual(reasons, ['no schema']);
    assert.deepEqual([...times], [['framed', 2]]);
  });

  it('says what stands in the way where more stays than can be remembered', async () => {
    // "Run it once without a filter" was said to somebody who had given none.
    let random = 1;
    const mixed = many(60_000).map((_, index) => {
      random = (random * 48_271) % 2_147_483_647;
      return stored(index, [], { topic: random % 2 === 0 ? 'a' : 'b' });
    });
    const send: Send = (all) =>
      Promise.resolve(
        all.map(({ topic }) =>
          topic === 'b' ? new KafkaError('TOPIC_MISSING', 'Topic "b" does not exist.') : undefined,
        ),
      );
    await assert.rejects(resending({ ...cluster([mixed]), send }, { batch: 1_000 }).run(), {
      code: 'RESEND_FAILED',
      message:
        'Dead-letter topic "dead": what was re-sent of partition 0 lies too scattered to be remembered, between tens of ' +
        'thousands of letters that stay. Those for "b" stay because of this: Topic "b" does not exist. Mend that first, then ' +
        'run this again; a filter does not help.',
    });
  });

  it('says so where another program has committed to the group', async () => {
    // zlib's own error was thrown, with its stack.
    const ports = cluster([many(2)]);
    ports.kept.set(0, { offset: 1n, note: 'consumed by hand' });
    await assert.rejects(resending({ ...ports, send: taker().send }).run(), {
      code: 'RESEND_FAILED',
      message:
        'Dead-letter topic "dead": the metadata that consumer group "walkeros-kafka-resend.dead" has for partition 0 is none ' +
        'of ours (it is no base64): another program has committed there. Keep it from that; then delete the group, which ' +
        'forgets what was re-sent.',
    });
  });

  it('a cluster in trouble ends the run, and what it took until then is remembered', async () => {
    const { letters, memory, kept } = cluster([many(4)]);
    const down = new KafkaError('DEADLINE_EXCEEDED', 'down');
    let batches = 0;
    const send: Send = (records) => {
      batches += 1;
      return Promise.resolve(records.map((_, index) => (batches === 2 && index === 1 ? down : undefined)));
    };
    await assert.rejects(resending({ letters, memory, send }).run(), down);
    assert.deepEqual(kept.get(0)?.offset, 3n);
    const again: string[] = [];
    const resend: Send = (records) => {
      again.push(...records.map(({ value }) => String(value)));
      return Promise.resolve(records.map(() => undefined));
    };
    const { sent, left } = await resending({ letters, memory, send: resend }).run();
    assert.deepEqual(again, ['0/3']);
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
    const { letters, memory, kept } = cluster([records]);
    const reasons: string[] = [];
    const onLeft: ResendRequest['onLeft'] = (_, reason) => reasons.push(reason);
    const send: Send = (all) => Promise.resolve(all.map(() => undefined));
    const result = await resending({ letters, memory, send }, { onLeft }).run();
    assert.deepEqual(reasons, [
      'its header "a" is no text',
      'it has the header "b" twice',
      'it has no value',
    ]);
    assert.deepEqual([...result.sent, result.left, result.stopped], [['orders', 1], 3, false]);
    assert.equal(kept.get(0)?.offset, 0n);
  });
});
