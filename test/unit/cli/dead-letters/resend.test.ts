import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Resend, type ResendRequest } from '../../../../src/cli/dead-letters/resend.ts';
import { KafkaError } from '../../../../src/model/errors.ts';
import type { KafkaRecord, StoredRecord } from '../../../../src/model/record.ts';
import { cluster, many, request, resending, stored, taker, timing, type Send } from './cluster.ts';

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

  it('a dead letter that cannot be given the form of its topic stays, with the reason', async () => {
    const { reader, offsetStore } = cluster([many(3)]);
    const { send, times } = taker();
    const reasons: string[] = [];
    const result = await new Resend(
      { ...request, onLeft: (_, reason) => reasons.push(reason) },
      {
        reader,
        offsetStore,
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

  it('a dead letter whose key, headers and topic were never known stays: its event has to be sent again', async () => {
    const failed = stored(0, [['walkeros-dead-letter-code', 'MAPPING_FAILED']]);
    const { send, times } = taker();
    const reasons: string[] = [];
    const onLeft: ResendRequest['onLeft'] = (_, reason) => reasons.push(reason);
    const { sent, left } = await resending({ ...cluster([[failed, stored(1)]]), send }, { onLeft }).run();
    assert.deepEqual([...sent, left, [...times.keys()]], [['orders', 1], 1, ['0/1']]);
    assert.deepEqual(reasons, [
      'the mapping values of its key, headers and topic gave nothing: send its event again',
    ]);
  });

  it('names what keeps dead letters when more of them stay than a commit can hold', async () => {
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

  it('a cluster in trouble ends the run, and what it took until then is committed', async () => {
    const { reader, offsetStore, kept } = cluster([many(4)]);
    const down = new KafkaError('DEADLINE_EXCEEDED', 'down');
    let batches = 0;
    const send: Send = (records) => {
      batches += 1;
      return Promise.resolve(records.map((_, index) => (batches === 2 && index === 1 ? down : undefined)));
    };
    await assert.rejects(resending({ reader, offsetStore, send }).run(), down);
    assert.deepEqual(kept.get(0)?.offset, 3n);
    const again: string[] = [];
    const resend: Send = (records) => {
      again.push(...records.map(({ value }) => String(value)));
      return Promise.resolve(records.map(() => undefined));
    };
    const { sent, left } = await resending({ reader, offsetStore, send: resend }).run();
    assert.deepEqual(again, ['0/3']);
    assert.deepEqual([...sent, left], [['orders', 1], 0]);
  });

  it('leaves what cannot be sent as it was, with the reason, and the records of other programs', async () => {
    const foreign: StoredRecord = { ...stored(2), headers: [] };
    const records = [
      stored(0, [['a', null]]),
      stored(1, [
        ['b', '1'],
        ['b', '2'],
      ]),
      foreign,
      stored(3),
    ];
    const { reader, offsetStore, kept } = cluster([records]);
    const reasons: string[] = [];
    const onLeft: ResendRequest['onLeft'] = (_, reason) => reasons.push(reason);
    const send: Send = (all) => Promise.resolve(all.map(() => undefined));
    const result = await resending({ reader, offsetStore, send }, { onLeft }).run();
    assert.deepEqual(reasons, ['its header "a" is null', 'it has the header "b" twice']);
    assert.deepEqual([...result.sent, result.left, result.stopped], [['orders', 1], 2, false]);
    assert.equal(kept.get(0)?.offset, 0n);
  });

  // A tombstone stayed behind: "it has no value".
  it('sends what had no key, or no value, so again', async () => {
    const records = [
      { ...stored(0), key: null },
      { ...stored(1), value: null },
      { ...stored(2), value: Buffer.of() },
    ];
    const { reader, offsetStore } = cluster([records]);
    const sent: KafkaRecord[] = [];
    const send: Send = (all) => {
      sent.push(...all);
      return Promise.resolve(all.map(() => undefined));
    };
    await resending({ reader, offsetStore, send }).run();
    assert.deepEqual(
      sent.map(({ key, value }) => [key, value].map((bytes) => bytes && String(bytes))),
      [
        [null, '0/0'],
        ['k', null],
        ['k', ''],
      ],
    );
  });
});
