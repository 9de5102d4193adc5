import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { outcomeOfCode } from '../../../src/transport/errors/broker-errors.ts';
import { notEncoded } from '../../../src/transport/errors/messages.ts';
import { IdempotentMemory, IdempotentSender } from '../../../src/transport/idempotent.ts';
import type { ProducerId } from '../../../src/transport/wire.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import type { Outcome } from '../../../src/model/outcome.ts';
import type { Slice } from '../../../src/model/partition.ts';

const stored: Outcome = { kind: 'stored' };
const unknown: Outcome = { kind: 'unknown', error: new KafkaError('REQUEST_FAILED', 'silence') };
const doubtful: Outcome = { ...unknown, unchanged: true };

function slice(partition: number, count: number): Slice {
  const record = { topic: 't', key: Buffer.of(), value: Buffer.of(), headers: {}, timestamp: 0 };
  return { topic: 't', partition, records: Array.from({ length: count }, () => record) };
}

/** Answers from a script, and notes producer id, partition, first sequence number and record count of what is sent. */
function rig(answers: readonly Outcome[], { patience = 5000, memory = new IdempotentMemory() } = {}) {
  const sent: string[] = [];
  const script = [...answers];
  const registrations: Promise<ProducerId>[] = [];
  let ids = 0n;
  const sender = new IdempotentSender(
    {
      send: (slices) =>
        Promise.resolve(
          slices.map(({ partition, records, sequence }) => {
            sent.push(
              `${sequence?.producerId}: ${partition} from ${sequence?.firstSequence} +${records.length}`,
            );
            return script.shift() ?? stored;
          }),
        ),
      register: () => registrations.shift() ?? Promise.resolve({ producerId: ++ids, producerEpoch: 0 }),
      patience,
    },
    memory,
  );
  return { sender, sent, registrations };
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

  // It kept the whole call until the last slice was certain, for up to two minutes: healthy topics of that broker missed
  // their deadlines, though their records were stored.
  it('tells the fate of a slice at once, though that of its neighbour is unknown', async () => {
    const { sender, sent } = rig([unknown, stored]);
    assert.deepEqual(await sender.produce([slice(0, 2), slice(1, 1)]), [doubtful, stored]);
    assert.deepEqual(sent, ['1: 0 from 0 +2', '1: 1 from 0 +1']);
  });

  it('sends records of unknown fate under their old number, until they are stored', async () => {
    const { sender, sent } = rig([unknown, unknown]);
    const pinned = slice(0, 2);
    assert.deepEqual(await sender.produce([pinned]), [doubtful]);
    assert.deepEqual(await sender.produce([{ ...pinned }]), [doubtful]);
    assert.deepEqual(await sender.produce([{ ...pinned }, slice(1, 1)]), [stored, stored]);
    assert.deepEqual(await sender.produce([slice(0, 1)]), [stored]);
    assert.deepEqual(sent, [
      '1: 0 from 0 +2',
      '1: 0 from 0 +2',
      '1: 0 from 0 +2',
      '1: 1 from 0 +1',
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

  /** Cut anew, they went out in a larger batch, which the broker refused: 29 duplicates in the reference chaos. */
  it('keeps records together that a leader may have written before it lost its office', async () => {
    const { sender, sent } = rig([outcomeOfCode(6, 't')]);
    const deposed = slice(0, 5);
    const [outcome] = await sender.produce([deposed]);
    assert.ok(outcome?.kind === 'retriable' && outcome.unchanged && outcome.refresh);
    assert.deepEqual(await sender.produce([deposed]), [stored]);
    assert.deepEqual(sent, ['1: 0 from 0 +5', '1: 0 from 0 +5']);
  });

  it('asks who leads before records that may have been appended come again', async () => {
    const { sender } = rig([outcomeOfCode(7, 't')]);
    const [outcome] = await sender.produce([slice(0, 1)]);
    assert.ok(outcome?.kind === 'retriable' && outcome.unchanged && outcome.refresh);
  });

  it('takes "not now" for no word about the first time', async () => {
    const gone: Outcome = { kind: 'unreachable', error: new KafkaError('BROKER_UNREACHABLE', 'gone') };
    // 3: a broker that has just started does not know its partitions yet.
    const { sender, sent } = rig([unknown, outcomeOfCode(19, 't'), outcomeOfCode(3, 't'), gone]);
    const pinned = slice(0, 2);
    await sender.produce([pinned]);
    for (const code of ['BROKER_BUSY', 'TOPIC_MISSING']) {
      const [outcome] = await sender.produce([pinned]);
      assert.ok(outcome?.kind === 'retriable' && outcome.unchanged && outcome.mayHaveBeenWritten);
      assert.equal(outcome.error.code, code);
    }
    const [unreached] = await sender.produce([pinned]);
    assert.ok(unreached?.kind === 'unknown' && unreached.unchanged);
    assert.deepEqual(await sender.produce([pinned]), [stored]);
    assert.deepEqual(sent, Array(5).fill('1: 0 from 0 +2'));
  });

  // The id was kept, and with it the number. Had the broker appended the first try, it would have taken the next records
  // for the same ones, and we would have acknowledged what is stored nowhere.
  for (const [code, meaning] of [
    [29, 'NOT_AUTHORIZED'],
    [10, 'RECORD_TOO_LARGE'],
  ] as const) {
    it(`takes a new id when the last word about records of unknown fate is ${meaning}`, async () => {
      const { sender, sent } = rig([unknown, outcomeOfCode(code, 't')]);
      const pinned = slice(0, 1);
      await sender.produce([pinned]);
      const [outcome] = await sender.produce([pinned]);
      assert.ok(outcome && outcome.kind !== 'stored' && !('unchanged' in outcome));
      assert.equal(outcome.error.mayHaveBeenWritten, true);
      assert.equal(outcome.error.code, meaning);
      await sender.produce([slice(0, 1)]);
      assert.deepEqual(sent, ['1: 0 from 0 +1', '1: 0 from 0 +1', '2: 0 from 0 +1']);
    });
  }

  it('takes a new id when other records come in the place of those in doubt', async () => {
    const { sender, sent } = rig([unknown]);
    await sender.produce([slice(0, 2)]);
    assert.deepEqual(await sender.produce([slice(0, 2)]), [stored]);
    assert.deepEqual(sent, ['1: 0 from 0 +2', '2: 0 from 0 +2']);
  });

  it('sends what is in doubt under the id it had, though another lane gave that id up', async () => {
    const { sender, sent } = rig([unknown, unknown]);
    const pinned = slice(1, 3);
    await sender.produce([slice(0, 2), pinned]);
    assert.deepEqual(await sender.produce([slice(0, 1), pinned]), [stored, stored]);
    await sender.produce([slice(0, 1), slice(1, 1)]);
    assert.deepEqual(sent, [
      '1: 0 from 0 +2',
      '1: 1 from 0 +3',
      '2: 0 from 0 +1',
      '1: 1 from 0 +3',
      '2: 0 from 1 +1',
      '2: 1 from 0 +1',
    ]);
  });

  it('sends what is in doubt though no new id is to be had', async () => {
    const { sender, sent, registrations } = rig([unknown, unknown]);
    const pinned = slice(1, 3);
    await sender.produce([slice(0, 2), pinned]);
    registrations.push(Promise.reject(new Error('nobody there')));
    const [fresh, old] = await sender.produce([slice(0, 1), pinned]);
    assert.equal(fresh?.kind, 'unreachable');
    assert.deepEqual(old, stored);
    assert.deepEqual(sent, ['1: 0 from 0 +2', '1: 1 from 0 +3', '1: 1 from 0 +3']);
  });

  // A client that replaced a stuck one knew no numbers: what was under way was stored twice.
  it('goes on where the client before it was', async () => {
    const memory = new IdempotentMemory();
    const before = rig([stored, unknown], { memory });
    const pinned = slice(0, 2);
    await before.sender.produce([slice(0, 1)]);
    await before.sender.produce([pinned]);
    const after = rig([], { memory });
    assert.deepEqual(await after.sender.produce([pinned]), [stored]);
    await after.sender.produce([slice(0, 1)]);
    assert.deepEqual(after.sent, ['1: 0 from 1 +2', '1: 0 from 3 +1']);
  });

  it('does not go by the wall clock, which somebody may set', async (t) => {
    const { sender, sent } = rig([unknown]);
    let hours = 0;
    t.mock.method(Date, 'now', () => 3_600_000 * hours++);
    const pinned = slice(0, 1);
    assert.deepEqual(await sender.produce([pinned]), [doubtful]);
    assert.deepEqual(await sender.produce([pinned]), [stored]);
    assert.equal(sent.length, 2);
  });

  it('takes a new id when its patience is over: what follows would be taken for the same records', async () => {
    const { sender, sent } = rig([unknown, unknown], { patience: 30 });
    const pinned = slice(0, 2);
    assert.deepEqual(await sender.produce([pinned]), [doubtful]);
    await new Promise((resolve) => setTimeout(resolve, 40));
    assert.deepEqual(await sender.produce([pinned]), [unknown]);
    assert.deepEqual(await sender.produce([slice(0, 3)]), [stored]);
    assert.deepEqual(sent, ['1: 0 from 0 +2', '1: 0 from 0 +2', '2: 0 from 0 +3']);
  });

  it('takes a new id when the broker has lost its place', async () => {
    const { sender, sent } = rig([stored, outcomeOfCode(45, 't')]);
    await sender.produce([slice(0, 2)]);
    const [outcome] = await sender.produce([slice(0, 1)]);
    assert.ok(outcome?.kind === 'retriable' && !outcome.unchanged);
    await sender.produce([slice(0, 1)]);
    assert.deepEqual(sent, ['1: 0 from 0 +2', '1: 0 from 2 +1', '2: 0 from 0 +1']);
  });

  // The broker names bad records: it stored none of the batch, so the others go under the number that the batch had.
  it('keeps the number where single records are refused, and gives it up where the batch was in doubt before', async () => {
    const error = new KafkaError('RECORD_REJECTED', 'Some.');
    const bad = new KafkaError('RECORD_REJECTED', 'Bad.');
    const named: Outcome = { kind: 'rejected', error, named: new Map([[1, bad]]) };
    const { sender, sent } = rig([named, stored, unknown, named]);
    assert.deepEqual(await sender.produce([slice(0, 3)]), [named]);
    assert.deepEqual(await sender.produce([slice(0, 2)]), [stored]);
    const pinned = slice(0, 3);
    await sender.produce([pinned]);
    const [outcome] = await sender.produce([pinned]);
    assert.ok(outcome?.kind === 'rejected' && outcome.named?.get(1)?.mayHaveBeenWritten);
    assert.equal(outcome.named.get(1)?.message, 'Bad. An earlier request may have written these records.');
    await sender.produce([slice(0, 2)]);
    assert.deepEqual(sent, [
      '1: 0 from 0 +3',
      '1: 0 from 0 +2',
      '1: 0 from 2 +3',
      '1: 0 from 2 +3',
      '2: 0 from 0 +2',
    ]);
  });

  it('says that records may have been written when it is closed meanwhile', async () => {
    const closed: Outcome = { kind: 'rejected', error: new KafkaError('DESTINATION_CLOSED', 'Closed.') };
    const { sender } = rig([unknown, closed]);
    const pinned = slice(0, 1);
    await sender.produce([pinned]);
    const [outcome] = await sender.produce([pinned]);
    assert.ok(outcome?.kind === 'rejected' && outcome.error.mayHaveBeenWritten);
    assert.equal(outcome.error.message, 'Closed. An earlier request may have written these records.');
  });

  // Their id was given up, and they were stored again under a new one.
  it('sends records of unknown fate again though they could not be encoded the second time', async () => {
    const unencoded = notEncoded('t', new Error('Cannot allocate memory'));
    const { sender, sent } = rig([unknown, unencoded]);
    const pinned = slice(0, 2);
    await sender.produce([pinned]);
    const [second] = await sender.produce([pinned]);
    assert.ok(second?.kind === 'unknown' && second.unchanged);
    assert.deepEqual(await sender.produce([pinned]), [stored]);
    assert.deepEqual(sent, Array(3).fill('1: 0 from 0 +2'));
  });

  it('knows nothing of records that were on their way when a fault ended the request', async () => {
    const sent: (number | undefined)[] = [];
    const sender = new IdempotentSender(
      {
        send: (slices) => {
          sent.push(...slices.map(({ sequence }) => sequence?.firstSequence));
          if (sent.length === 1) return Promise.reject(new Error('a fault'));
          return Promise.resolve(slices.map(() => stored));
        },
        register: () => Promise.resolve({ producerId: 1n, producerEpoch: 0 }),
        patience: 5_000,
      },
      new IdempotentMemory(),
    );
    const pinned = slice(0, 2);
    const [first] = await sender.produce([pinned]);
    assert.ok(first?.kind === 'unknown' && first.unchanged && first.error.mayHaveBeenWritten);
    assert.match(first.error.message, /failed before it knew what became of the records: a fault\./);
    for (const next of [pinned, slice(0, 1)]) await sender.produce([next]);
    assert.deepEqual(sent, [0, 0, 2]);
  });

  it('asks again for a producer id after a failure', async () => {
    const { sender, registrations } = rig([]);
    registrations.push(Promise.reject(Object.assign(new Error('loading'), { apiCode: 14 })));
    const [first] = await sender.produce([slice(0, 1)]);
    assert.ok(first?.kind === 'retriable' && first.error.kafkaCode === 'COORDINATOR_LOAD_IN_PROGRESS');
    assert.deepEqual(await sender.produce([slice(0, 1)]), [stored]);
  });

  it('knows that nothing was written without a producer id', async () => {
    const { sender, registrations } = rig([]);
    registrations.push(Promise.reject(Object.assign(new Error('timed out'), { apiCode: 7 })));
    const [outcome] = await sender.produce([slice(0, 1)]);
    assert.ok(outcome?.kind === 'retriable' && !outcome.mayHaveBeenWritten);
  });

  it('begins again at 0 after 2^31 records, also behind a doubt', async () => {
    const memory = new IdempotentMemory();
    const { sender, sent } = rig([stored, unknown], { memory });
    await sender.produce([slice(0, 1)]);
    memory.stamp?.sequences.set('t:0', 2 ** 31 - 2);
    const pinned = slice(0, 3);
    for (const next of [pinned, pinned, slice(0, 1)]) await sender.produce([next]);
    assert.deepEqual(sent, [
      '1: 0 from 0 +1',
      '1: 0 from 2147483646 +3',
      '1: 0 from 2147483646 +3',
      '1: 0 from 1 +1',
    ]);
  });
});
