import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { outcomeOfCode } from '../../../../src/client/errors/broker-errors.ts';
import { IdempotentSender } from '../../../../src/client/wire/idempotent.ts';
import { KafkaError } from '../../../../src/vocabulary/errors.ts';
import type { Outcome } from '../../../../src/vocabulary/outcome.ts';
import type { Slice } from '../../../../src/vocabulary/partition.ts';

const stored: Outcome = { kind: 'stored' };
const unknown: Outcome = { kind: 'unknown', error: new KafkaError('REQUEST_FAILED', 'silence') };

function slice(partition: number, count: number): Slice {
  const record = { topic: 't', key: Buffer.of(), value: Buffer.of(), headers: {}, timestamp: 0 };
  return { topic: 't', partition, records: Array.from({ length: count }, () => record) };
}

/** Answers from a script, and notes producer id, partition, first sequence number and record count of what is sent. */
function rig(answers: readonly Outcome[], patience = 5000) {
  const sent: string[] = [];
  const script = [...answers];
  let ids = 0n;
  const sender = new IdempotentSender({
    send: (slices, { producerId, sequences }) =>
      Promise.resolve(
        slices.map(({ partition, records }) => {
          sent.push(
            `${producerId}: ${partition} from ${sequences.get(`t:${partition}`) ?? 0} +${records.length}`,
          );
          return script.shift() ?? stored;
        }),
      ),
    register: () => Promise.resolve({ producerId: ++ids, producerEpoch: 0 }),
    locate: () => Promise.reject(new Error('nobody there')),
    patience,
  });
  return { sender, sent };
}

describe('idempotent sender', () => {
  it('counts each lane by itself, under one producer id', async () => {
    const { sender, sent } = rig([]);
    await Promise.all([sender.produce([slice(0, 2), slice(1, 1)]), sender.produce([slice(2, 4)])]);
    await sender.produce([slice(0, 3), slice(1, 1)]);
    assert.deepEqual(sent, [
      '1: 0 from 0 +2',
      '1: 1 from 0 +1',
      '1: 2 from 0 +4',
      '1: 0 from 2 +3',
      '1: 1 from 1 +1',
    ]);
  });

  it('sends records of unknown fate again, unchanged and alone, until they are stored', async () => {
    const { sender, sent } = rig([unknown, stored, outcomeOfCode(6, 't'), stored]);
    assert.deepEqual(await sender.produce([slice(0, 2), slice(1, 1)]), [stored, stored]);
    await sender.produce([slice(0, 1)]);
    assert.deepEqual(sent, [
      '1: 0 from 0 +2',
      '1: 1 from 0 +1',
      '1: 0 from 0 +2',
      '1: 0 from 0 +2',
      '1: 0 from 2 +1',
    ]);
  });

  it('hands records that were certainly not written back at once, to be cut anew', async () => {
    const busy = outcomeOfCode(19, 't');
    const { sender, sent } = rig([busy]);
    assert.deepEqual(await sender.produce([slice(0, 5)]), [busy]);
    await sender.produce([slice(0, 3)]);
    assert.deepEqual(sent, ['1: 0 from 0 +5', '1: 0 from 0 +3']);
  });

  /** Handed back, they went out in a larger batch, which the broker refused: 29 duplicates in the reference chaos. */
  it('keeps records together that a leader may have written before it lost its office', async () => {
    const { sender, sent } = rig([outcomeOfCode(6, 't'), stored]);
    assert.deepEqual(await sender.produce([slice(0, 5)]), [stored]);
    assert.deepEqual(sent, ['1: 0 from 0 +5', '1: 0 from 0 +5']);
  });

  /** For two minutes, every other topic of that leader would wait for the one that was deleted. */
  it('does not wait for a partition that is gone', async () => {
    const { sender, sent } = rig([unknown, outcomeOfCode(3, 't')]);
    const [outcome] = await sender.produce([slice(0, 1)]);
    assert.ok(outcome?.kind === 'retriable' && outcome.mayHaveBeenWritten);
    assert.equal(sent.length, 2);
  });

  it('does not go by the wall clock, which somebody may set', async (t) => {
    const { sender, sent } = rig([unknown], 5_000);
    let hours = 0;
    t.mock.method(Date, 'now', () => 3_600_000 * hours++);
    assert.deepEqual(await sender.produce([slice(0, 1)]), [stored]);
    assert.equal(sent.length, 2);
  });

  it('takes a new id when it gives up: the broker would take what follows for the same records', async () => {
    const { sender, sent } = rig([unknown], 0);
    assert.deepEqual(await sender.produce([slice(0, 2)]), [unknown]);
    assert.deepEqual(await sender.produce([slice(0, 3)]), [stored]);
    assert.deepEqual(sent, ['1: 0 from 0 +2', '2: 0 from 0 +3']);
  });

  it('takes a new id when the broker has lost its place', async () => {
    const { sender, sent } = rig([stored, outcomeOfCode(45, 't')]);
    await sender.produce([slice(0, 2)]);
    const [outcome] = await sender.produce([slice(0, 1)]);
    assert.equal(outcome?.kind, 'retriable');
    await sender.produce([slice(0, 1)]);
    assert.deepEqual(sent, ['1: 0 from 0 +2', '1: 0 from 2 +1', '2: 0 from 0 +1']);
  });

  it('says that records may have been written when the second try could not reach the broker', async () => {
    const gone: Outcome = { kind: 'unreachable', error: new KafkaError('BROKER_UNREACHABLE', 'gone') };
    const { sender } = rig([unknown, gone, gone, gone], 350);
    assert.equal((await sender.produce([slice(0, 1)]))[0]?.kind, 'unknown');
  });

  it('says so, too, when it is closed meanwhile', async () => {
    const closed: Outcome = { kind: 'rejected', error: new KafkaError('DESTINATION_CLOSED', 'closed') };
    const { sender } = rig([unknown, closed]);
    const [outcome] = await sender.produce([slice(0, 1)]);
    assert.ok(outcome?.kind === 'rejected' && outcome.error.mayHaveBeenWritten);
  });

  it('asks again for a producer id after a failure', async () => {
    let asked = 0;
    const sender = new IdempotentSender({
      send: (slices) => Promise.resolve(slices.map(() => stored)),
      register() {
        asked += 1;
        if (asked > 1) return Promise.resolve({ producerId: 1n, producerEpoch: 0 });
        return Promise.reject(Object.assign(new Error('loading'), { apiCode: 14 }));
      },
      locate: () => Promise.resolve({ leaders: [1] }),
      patience: 1000,
    });
    const [first] = await sender.produce([slice(0, 1)]);
    assert.ok(first?.kind === 'retriable' && first.error.kafkaCode === 'COORDINATOR_LOAD_IN_PROGRESS');
    assert.deepEqual(await sender.produce([slice(0, 1)]), [stored]);
  });

  it('begins again at 0 after 2^31 records', async () => {
    const starts: number[] = [];
    const sender = new IdempotentSender({
      send(slices, { sequences }) {
        starts.push(sequences.get('t:0') ?? 0);
        if (starts.length === 1) sequences.set('t:0', 2 ** 31 - 3);
        return Promise.resolve(slices.map(() => stored));
      },
      register: () => Promise.resolve({ producerId: 1n, producerEpoch: 0 }),
      locate: () => Promise.resolve({ leaders: [1] }),
      patience: 1000,
    });
    for (const count of [1, 2, 1]) await sender.produce([slice(0, count)]);
    assert.deepEqual(starts, [0, 2147483646, 0]);
  });
});
