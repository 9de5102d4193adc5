import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { outcomeOfCode } from '../../../src/transport/errors/broker-errors.ts';
import { notEncoded } from '../../../src/transport/produce-outcomes.ts';
import { ProducerState } from '../../../src/producer/producer-state.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import type { Outcome } from '../../../src/model/outcome.ts';
import type { ProducerId, PartitionBatch } from '../../../src/model/partition.ts';
import { createMemoryCluster } from '../../support/memory-cluster.ts';
import { noProducerId } from './harness.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const stored: Outcome = { kind: 'stored' };
const unknown: Outcome = { kind: 'unknown', error: new KafkaError('REQUEST_FAILED', 'silence') };
const doubtful: Outcome = { ...unknown, unchanged: true };

function batchOf(partition: number, count: number): PartitionBatch {
  const record = { topic: 't', key: Buffer.of(), value: Buffer.of(), headers: {}, timestamp: 0 };
  return { topic: 't', partition, records: Array.from({ length: count }, () => record) };
}

/** Answers from a script, and notes producer id, partition, first sequence and record count of what is sent. */
function rig(answers: readonly Outcome[]) {
  const sent: string[] = [];
  const script = [...answers];
  const registrations: Promise<ProducerId>[] = [];
  const clock = new FakeClock();
  let ids = 0n;
  const broker = {
    produce: (batches: readonly PartitionBatch[]) =>
      Promise.resolve(
        batches.map(({ partition, records, sequence }) => {
          sent.push(
            `${sequence?.producerId}: ${partition} from ${sequence?.firstSequence} +${records.length}`,
          );
          return script.shift() ?? stored;
        }),
      ),
    initProducerId: () => registrations.shift() ?? Promise.resolve({ producerId: ++ids, producerEpoch: 0 }),
  };
  return {
    state: new ProducerState(broker, clock, { idempotent: true }),
    broker,
    sent,
    registrations,
    clock,
  };
}

describe('producer state', () => {
  it('counts each partition by itself, under one producer id', async () => {
    const { state, sent } = rig([]);
    await Promise.all([state.produce([batchOf(0, 2), batchOf(1, 1)]), state.produce([batchOf(2, 4)])]);
    await state.produce([batchOf(0, 3), batchOf(1, 1)]);
    assert.deepEqual(sent, [
      '1: 0 from 0 +2',
      '1: 1 from 0 +1',
      '1: 2 from 0 +4',
      '1: 0 from 2 +3',
      '1: 1 from 1 +1',
    ]);
  });

  // It kept the whole call until the last batch was certain, for up to two minutes: healthy topics of that broker missed
  // their deadlines, though their records were stored.
  it('tells the outcome of a batch at once, though that of its neighbour is unknown', async () => {
    const { state, sent } = rig([unknown, stored]);
    assert.deepEqual(await state.produce([batchOf(0, 2), batchOf(1, 1)]), [doubtful, stored]);
    assert.deepEqual(sent, ['1: 0 from 0 +2', '1: 1 from 0 +1']);
  });

  it('sends records of unknown fate under their old sequence, until they are stored', async () => {
    const { state, sent } = rig([unknown, unknown]);
    const pinned = batchOf(0, 2);
    assert.deepEqual(await state.produce([pinned]), [doubtful]);
    assert.deepEqual(await state.produce([{ ...pinned }]), [doubtful]);
    assert.deepEqual(await state.produce([{ ...pinned }, batchOf(1, 1)]), [stored, stored]);
    assert.deepEqual(await state.produce([batchOf(0, 1)]), [stored]);
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
    const { state, sent } = rig([busy]);
    assert.deepEqual(await state.produce([batchOf(0, 5)]), [busy]);
    await state.produce([batchOf(0, 3)]);
    assert.deepEqual(sent, ['1: 0 from 0 +5', '1: 0 from 0 +3']);
  });

  /** Cut anew, they went out in a larger batch, which the broker refused: 29 duplicates in the reference chaos. */
  it('keeps records together that a leader may have written before it lost its office', async () => {
    const { state, sent } = rig([outcomeOfCode(6, 't')]);
    const deposed = batchOf(0, 5);
    const [outcome] = await state.produce([deposed]);
    assert.ok(outcome?.kind === 'retriable' && outcome.unchanged && outcome.refresh);
    assert.deepEqual(await state.produce([deposed]), [stored]);
    assert.deepEqual(sent, ['1: 0 from 0 +5', '1: 0 from 0 +5']);
  });

  it('asks who leads before records that may have been appended come again', async () => {
    const { state } = rig([outcomeOfCode(7, 't')]);
    const [outcome] = await state.produce([batchOf(0, 1)]);
    assert.ok(outcome?.kind === 'retriable' && outcome.unchanged && outcome.refresh);
  });

  it('takes "not now" for no word about the first time', async () => {
    const gone: Outcome = { kind: 'unreachable', error: new KafkaError('BROKER_UNREACHABLE', 'gone') };
    // 3: a broker that has just started does not know its partitions yet.
    const { state, sent } = rig([unknown, outcomeOfCode(19, 't'), outcomeOfCode(3, 't'), gone]);
    const pinned = batchOf(0, 2);
    await state.produce([pinned]);
    for (const code of ['BROKER_BUSY', 'TOPIC_MISSING']) {
      const [outcome] = await state.produce([pinned]);
      assert.ok(outcome?.kind === 'retriable' && outcome.unchanged && outcome.mayHaveBeenWritten);
      assert.equal(outcome.error.code, code);
    }
    const [unreached] = await state.produce([pinned]);
    assert.ok(unreached?.kind === 'unknown' && unreached.unchanged);
    assert.deepEqual(await state.produce([pinned]), [stored]);
    assert.deepEqual(sent, Array(5).fill('1: 0 from 0 +2'));
  });

  // The id was kept, and with it the number. Had the broker appended the first try, it would have taken the next records
  // for the same ones, and we would have acknowledged what is stored nowhere.
  for (const [code, meaning] of [
    [29, 'NOT_AUTHORIZED'],
    [10, 'RECORD_TOO_LARGE'],
  ] as const) {
    it(`takes a new id when the last word about records of unknown fate is ${meaning}`, async () => {
      const { state, sent } = rig([unknown, outcomeOfCode(code, 't')]);
      const pinned = batchOf(0, 1);
      await state.produce([pinned]);
      const [outcome] = await state.produce([pinned]);
      assert.ok(outcome && outcome.kind !== 'stored' && !('unchanged' in outcome));
      assert.equal(outcome.error.mayHaveBeenWritten, true);
      assert.equal(outcome.error.code, meaning);
      await state.produce([batchOf(0, 1)]);
      assert.deepEqual(sent, ['1: 0 from 0 +1', '1: 0 from 0 +1', '2: 0 from 0 +1']);
    });
  }

  it('takes a new id when other records come in the place of those in doubt', async () => {
    const { state, sent } = rig([unknown]);
    await state.produce([batchOf(0, 2)]);
    assert.deepEqual(await state.produce([batchOf(0, 2)]), [stored]);
    assert.deepEqual(sent, ['1: 0 from 0 +2', '2: 0 from 0 +2']);
  });

  it('sends what is in doubt under the id it had, though another partition gave that id up', async () => {
    const { state, sent } = rig([unknown, unknown]);
    const pinned = batchOf(1, 3);
    await state.produce([batchOf(0, 2), pinned]);
    assert.deepEqual(await state.produce([batchOf(0, 1), pinned]), [stored, stored]);
    await state.produce([batchOf(0, 1), batchOf(1, 1)]);
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
    const { state, sent, registrations } = rig([unknown, unknown]);
    const pinned = batchOf(1, 3);
    await state.produce([batchOf(0, 2), pinned]);
    registrations.push(Promise.reject(new Error('nobody there')));
    const [fresh, old] = await state.produce([batchOf(0, 1), pinned]);
    assert.equal(fresh?.kind, 'unreachable');
    assert.deepEqual(old, stored);
    assert.deepEqual(sent, ['1: 0 from 0 +2', '1: 1 from 0 +3', '1: 1 from 0 +3']);
  });

  // A client that replaced a stuck one knew no sequences: what was under way was stored twice.
  it('goes on where it was when the client is replaced', async () => {
    const cluster = createMemoryCluster({ topics: { t: 1 } });
    const broken: Outcome = { kind: 'unknown', error: new KafkaError('REQUEST_FAILED', 'silence') };
    cluster.failNext({ outcome: broken, stored: true });
    let client = cluster.client();
    const broker = {
      produce: (batches: readonly PartitionBatch[]) => client.produce(batches),
      initProducerId: () => client.initProducerId(),
    };
    const state = new ProducerState(broker, new FakeClock(), { idempotent: true });
    const batch = batchOf(0, 2);
    assert.deepEqual(await state.produce([batch]), [{ ...broken, unchanged: true }]);
    client = cluster.client();
    assert.deepEqual(await state.produce([batch]), [stored]);
    assert.deepEqual(await state.produce([batchOf(0, 1)]), [stored]);
    assert.equal(cluster.records('t').length, 3);
  });

  it('takes a new id after two minutes of doubt: what follows would be taken for the same records', async () => {
    const { state, sent, clock } = rig([unknown, unknown, unknown]);
    const pinned = batchOf(0, 2);
    assert.deepEqual(await state.produce([pinned]), [doubtful]);
    await clock.advance(119_000);
    assert.deepEqual(await state.produce([pinned]), [doubtful]);
    await clock.advance(1_000);
    assert.deepEqual(await state.produce([pinned]), [unknown]);
    assert.deepEqual(await state.produce([batchOf(0, 3)]), [stored]);
    assert.deepEqual(sent, [...Array<string>(3).fill('1: 0 from 0 +2'), '2: 0 from 0 +3']);
  });

  // With a deliveryTimeout of five minutes, records whose push still waited went out a second time under a new id.
  it('does not take a new id while pushes of the batch wait, where deliveryTimeout is longer', async () => {
    const { broker, sent, clock } = rig([unknown, unknown]);
    const state = new ProducerState(broker, clock, { idempotent: true, deliveryTimeout: 300_000 });
    const batch = batchOf(0, 2);
    assert.deepEqual(await state.produce([batch]), [doubtful]);
    await clock.advance(299_000);
    assert.deepEqual(await state.produce([batch]), [doubtful]);
    assert.deepEqual(sent, ['1: 0 from 0 +2', '1: 0 from 0 +2']);
  });

  it('takes a new id when the broker has lost its place', async () => {
    const { state, sent } = rig([stored, outcomeOfCode(45, 't')]);
    await state.produce([batchOf(0, 2)]);
    const [outcome] = await state.produce([batchOf(0, 1)]);
    assert.ok(outcome?.kind === 'retriable' && !outcome.unchanged);
    await state.produce([batchOf(0, 1)]);
    assert.deepEqual(sent, ['1: 0 from 0 +2', '1: 0 from 2 +1', '2: 0 from 0 +1']);
  });

  // The broker names bad records: it stored none of the batch, so the others go under the number that the batch had.
  it('keeps the number where single records are refused, and gives it up where the batch was in doubt before', async () => {
    const error = new KafkaError('RECORD_REJECTED', 'Some.');
    const bad = new KafkaError('RECORD_REJECTED', 'Bad.');
    const named: Outcome = { kind: 'rejected', error, named: new Map([[1, bad]]) };
    const { state, sent } = rig([named, stored, unknown, named]);
    assert.deepEqual(await state.produce([batchOf(0, 3)]), [named]);
    assert.deepEqual(await state.produce([batchOf(0, 2)]), [stored]);
    const pinned = batchOf(0, 3);
    await state.produce([pinned]);
    const [outcome] = await state.produce([pinned]);
    assert.ok(outcome?.kind === 'rejected' && outcome.named?.get(1)?.mayHaveBeenWritten);
    assert.equal(outcome.named.get(1)?.message, 'Bad. An earlier request may have written these records.');
    await state.produce([batchOf(0, 2)]);
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
    const { state } = rig([unknown, closed]);
    const pinned = batchOf(0, 1);
    await state.produce([pinned]);
    const [outcome] = await state.produce([pinned]);
    assert.ok(outcome?.kind === 'rejected' && outcome.error.mayHaveBeenWritten);
    assert.equal(outcome.error.message, 'Closed. An earlier request may have written these records.');
  });

  // Their id was given up, and they were stored again under a new one.
  it('sends records of unknown fate again though they could not be encoded the second time', async () => {
    const unencoded = notEncoded('t', new Error('Cannot allocate memory'));
    const { state, sent } = rig([unknown, unencoded]);
    const pinned = batchOf(0, 2);
    await state.produce([pinned]);
    const [second] = await state.produce([pinned]);
    assert.ok(second?.kind === 'unknown' && second.unchanged);
    assert.deepEqual(await state.produce([pinned]), [stored]);
    assert.deepEqual(sent, Array(3).fill('1: 0 from 0 +2'));
  });

  it('knows nothing of records that were on their way when a fault ended the request', async () => {
    const sent: (number | undefined)[] = [];
    const broker = {
      produce: (batches: readonly PartitionBatch[]) => {
        sent.push(...batches.map(({ sequence }) => sequence?.firstSequence));
        if (sent.length === 1) return Promise.reject(new Error('a fault'));
        return Promise.resolve(batches.map(() => stored));
      },
      initProducerId: () => Promise.resolve({ producerId: 1n, producerEpoch: 0 }),
    };
    const state = new ProducerState(broker, new FakeClock(), { idempotent: true });
    const pinned = batchOf(0, 2);
    const [first] = await state.produce([pinned]);
    assert.ok(first?.kind === 'unknown' && first.unchanged && first.error.mayHaveBeenWritten);
    assert.match(first.error.message, /the client gave no outcome: a fault\./);
    for (const next of [pinned, batchOf(0, 1)]) await state.produce([next]);
    assert.deepEqual(sent, [0, 0, 2]);
  });

  it('asks again for a producer id after a failure', async () => {
    const { state, registrations } = rig([]);
    registrations.push(Promise.reject(Object.assign(new Error('loading'), { apiCode: 14 })));
    const [first] = await state.produce([batchOf(0, 1)]);
    assert.ok(first?.kind === 'retriable' && first.error.kafkaCode === 'COORDINATOR_LOAD_IN_PROGRESS');
    assert.deepEqual(await state.produce([batchOf(0, 1)]), [stored]);
  });

  it('knows that nothing was written without a producer id', async () => {
    const { state, registrations } = rig([]);
    registrations.push(Promise.reject(Object.assign(new Error('timed out'), { apiCode: 7 })));
    const [outcome] = await state.produce([batchOf(0, 1)]);
    assert.ok(outcome?.kind === 'retriable' && !outcome.mayHaveBeenWritten);
  });

  // Two requests that name about 2^30 records each bring the sequence near its end; nobody counts those records.
  it('begins again at 0 after 2^31 records, also behind a doubt', async () => {
    const { state, sent } = rig([stored, stored, unknown]);
    const many = (length: number): PartitionBatch => ({
      ...batchOf(0, 0),
      records: { length } as PartitionBatch['records'],
    });
    for (const length of [2 ** 30, 2 ** 30 - 2]) await state.produce([many(length)]);
    const pinned = batchOf(0, 3);
    for (const next of [pinned, pinned, batchOf(0, 1)]) await state.produce([next]);
    assert.deepEqual(sent.slice(2), ['1: 0 from 2147483646 +3', '1: 0 from 2147483646 +3', '1: 0 from 1 +1']);
  });

  it('sends without a sequence, and asks for no id, where nothing is idempotent', async () => {
    const sent: unknown[] = [];
    const produce = (batches: readonly PartitionBatch[]) => {
      sent.push(...batches.map(({ sequence }) => sequence));
      return Promise.resolve([unknown]);
    };
    const state = new ProducerState({ produce, initProducerId: noProducerId }, new FakeClock(), {
      idempotent: false,
    });
    assert.deepEqual(await state.produce([batchOf(0, 1)]), [unknown]);
    assert.deepEqual(sent, [undefined]);
  });
});
