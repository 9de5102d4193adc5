import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryDisk } from '../../support/memory-spool.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import type { Outcome } from '../../../src/model/outcome.ts';
import { noLeader } from '../../../src/model/partition.ts';
import { kafkaErrors } from '../../../src/protocol/kafka-errors.ts';
import { outcomeOfCode } from '../../../src/transport/errors/broker-errors.ts';
import { keyOf, record } from './harness.ts';
import { longerThanADay, Machine, mayBeDoubled, restored } from './in-doubt-harness.ts';

type Failure = Exclude<Outcome, { kind: 'stored' }>;

const unanswered: Failure = { kind: 'unknown', error: new KafkaError('REQUEST_FAILED', 'No answer.') };

const answer = (code: keyof typeof kafkaErrors): Failure => {
  const outcome = outcomeOfCode(kafkaErrors[code], 'events');
  if (outcome.kind === 'stored') throw new Error(code);
  return outcome;
};

/** A first process that was killed while a batch of a and b was out to each of these partitions. */
async function killed(
  {
    stored = true,
    partitions = [0],
    ...more
  }: { stored?: boolean; partitions?: number[]; always?: boolean } = {},
  machine = new Machine(),
): Promise<Machine> {
  const first = machine.start(more);
  for (const partition of partitions) machine.cluster.failNext({ outcome: unanswered, partition, stored });
  const fates = partitions.map((partition) => first.push(partition, `a${partition}`, `b${partition}`));
  await first.clock.advance(100);
  assert.deepEqual(
    fates.flat(),
    partitions.flatMap(() => ['stored', 'stored']),
    'the disk has them',
  );
  first.kill();
  machine.sent.length = 0;
  return machine;
}

/** Starts a process that has time to deliver, and ends it. */
async function finish(machine: Machine, setting: Parameters<Machine['start']>[0] = {}): Promise<void> {
  const last = machine.start(setting);
  await last.clock.advance(60_000);
  await last.close();
  assert.equal(machine.disk.rows.size, 0, 'the spool is empty');
  assert.equal(machine.disk.inDoubt.size, 0, 'nothing is in doubt');
}

describe('a batch that was out when the process ended', () => {
  for (const stored of [true, false])
    it(`is sent again as it was, before all else, and stored once: the broker ${stored ? 'had it' : 'never got it'}`, async () => {
      const machine = await killed({ stored });
      const next = machine.start();
      const fates = next.push(0, 'c');
      await next.clock.advance(1_000);
      assert.deepEqual(fates, ['stored']);
      assert.deepEqual(machine.sent, [
        { values: ['a0', 'b0'], id: 1n, first: 0 },
        { values: ['c'], id: 2n, first: 0 },
      ]);
      assert.deepEqual(machine.stored(), ['a0', 'b0', 'c']);
      assert.deepEqual(machine.told(), [restored(0, 2)]);
      assert.equal(machine.doubled, 0);
    });

  // Records without a key came from a partition without a leader into one whose batch had not been taken back yet. They were sent
  // before it, and it was then stored twice.
  it('stays first when records without a key come over from another partition', async () => {
    const machine = await killed({ partitions: [1, 2] }, new Machine({ topics: { events: 3 } }));
    machine.cluster.moveLeader('events', 0, noLeader);
    // The second of them is not taken back while memory has no room for both.
    for (const partition of [1, 2]) machine.cluster.failNext({ outcome: unanswered, partition, times: 2 });
    const next = machine.start({ bufferMemory: 100, batchSize: 30 });
    const values = Array.from({ length: 9 }, (_, n) => `n${n}`);
    for (const value of values) void next.producer.send({ ...record(value), key: null });
    await next.clock.advance(60_000);
    await next.close();
    assert.equal(machine.doubled, 0);
    assert.deepEqual(machine.stored().toSorted(), ['a1', 'a2', 'b1', 'b2', ...values]);
  });

  it('goes on being in doubt through any number of processes, under its first sequence', async () => {
    const machine = await killed();
    for (let life = 0; life < 3; life++) {
      machine.cluster.failNext({ outcome: unanswered, times: 3 });
      const again = machine.start();
      await again.clock.advance(200);
      again.kill();
    }
    await finish(machine);
    assert.deepEqual(
      new Set(machine.sent.map(({ values, id, first }) => `${values.join('')} ${id} ${first}`)),
      new Set(['a0b0 1 0']),
    );
    assert.deepEqual(machine.stored(), ['a0', 'b0']);
    assert.equal(machine.doubled, 0);
  });

  it('is sent for longer than two minutes: its records have no deadline', async () => {
    const machine = await killed();
    const next = machine.start();
    machine.cluster.failNext({ outcome: unanswered, times: 200 });
    await next.clock.advance(300_000);
    next.kill();
    assert.ok(machine.sent.length > 10);
    await finish(machine);
    assert.deepEqual(machine.stored(), ['a0', 'b0']);
    assert.equal(machine.doubled, 0);
  });

  it('was left by a process that was closed in an outage', async () => {
    const machine = new Machine();
    const first = machine.start();
    machine.cluster.failNext({ outcome: unanswered, stored: true, times: 1_000 });
    first.push(0, 'a', 'b');
    await first.clock.advance(50);
    first.push(0, 'c');
    await first.close();
    const failures = machine.sent.length;
    assert.ok(failures > 1);
    const fresh = withoutScript(machine);
    await finish(fresh);
    assert.deepEqual(fresh.sent.slice(0, 1), [{ values: ['a', 'b'], id: 1n, first: 0 }]);
    assert.deepEqual(fresh.stored(), ['a', 'b', 'c']);
    assert.deepEqual(fresh.told(), [restored(0, 2)]);
  });

  it('in overflow mode, too, once its records are on the disk', async () => {
    const machine = new Machine();
    const first = machine.start({ always: false });
    machine.cluster.failNext({ outcome: unanswered, stored: true, times: 1_000 });
    const fates = first.push(0, 'a', 'b');
    await first.clock.advance(8_000);
    assert.deepEqual(fates, ['stored', 'stored']);
    first.kill();
    const fresh = withoutScript(machine);
    await finish(fresh, { always: false });
    assert.deepEqual(fresh.sent, [{ values: ['a', 'b'], id: 1n, first: 0 }]);
    assert.deepEqual(fresh.told(), [restored(0, 2)]);
  });

  for (const [from, to] of [
    [true, false],
    [false, true],
  ] as const)
    it(`is stored once where spool.mode changes from ${from ? 'always' : 'overflow'} in between`, async () => {
      const machine = new Machine();
      const first = machine.start({ always: from });
      machine.cluster.failNext({ outcome: unanswered, stored: true, times: 8 });
      first.push(0, 'a', 'b');
      await first.clock.advance(7_500);
      first.kill();
      await finish(machine, { always: to });
      assert.deepEqual(machine.stored(), ['a', 'b']);
      assert.equal(machine.doubled, 0);
    });

  // The others of its request got a sequence, too, or were rejected where the user may not have a producer id.
  it('keeps its sequence where idempotent is switched off in between, and nothing else has one', async () => {
    const machine = await killed();
    const next = machine.start({ idempotent: false });
    const fates = [next.push(0, 'c'), next.push(1, 'd')];
    await next.clock.advance(1_000);
    assert.deepEqual(fates, [['stored'], ['stored']]);
    assert.deepEqual(machine.sent.map(({ values, id }) => [values, id]).sort(), [
      [['a0', 'b0'], 1n],
      [['c'], undefined],
      [['d'], undefined],
    ]);
    assert.deepEqual(machine.stored(), ['a0', 'b0', 'c', 'd']);
    assert.deepEqual(machine.told(), [restored(0, 2)]);
  });

  it('waits for the leader of its partition, and others go on meanwhile', async () => {
    const machine = await killed({ partitions: [0, 1] });
    machine.cluster.moveLeader('events', 0, noLeader);
    const next = machine.start();
    const fates = next.push(1, 'c');
    await next.clock.advance(20_000);
    assert.deepEqual(fates, ['stored']);
    assert.deepEqual(
      machine.sent.map(({ values }) => values),
      [['a1', 'b1'], ['c']],
    );
    machine.cluster.moveLeader('events', 0, 1);
    await next.clock.advance(20_000);
    assert.deepEqual(machine.stored(), ['a0', 'b0', 'a1', 'b1', 'c']);
    assert.deepEqual(machine.told().sort(), [restored(0, 2), restored(1, 2)]);
  });

  it('goes to its old partition when the topic has grown, and its records are not sent to another one', async () => {
    const machine = await killed({ stored: false });
    machine.cluster.deleteTopic('events');
    machine.cluster.createTopic('events', 7);
    await finish(machine);
    assert.deepEqual(machine.sent, [{ values: ['a0', 'b0'], id: 1n, first: 0 }]);
    assert.deepEqual(
      machine.cluster.records('events').map(({ partition, value }) => [partition, String(value)]),
      [
        [0, 'a0'],
        [0, 'b0'],
      ],
    );
    assert.equal(machine.doubled, 0);
  });

  it('is stored in a topic that was made anew with as many partitions', async () => {
    const machine = await killed();
    machine.cluster.deleteTopic('events');
    const next = machine.start();
    await next.clock.advance(10_000);
    machine.cluster.createTopic('events', 6);
    await next.clock.advance(10_000);
    assert.deepEqual(machine.stored(), ['a0', 'b0']);
    assert.deepEqual(machine.told(), [restored(0, 2)]);
  });
});

/** The next processes have another cluster: the script of this one is not used up. */
function withoutScript(machine: Machine): Machine {
  return new Machine({}, machine.disk);
}

describe('a batch that cannot be sent again as it was', () => {
  it('gets another partition where its topic has fewer now, and that is told', async () => {
    const machine = await killed({ stored: false, partitions: [5] });
    machine.cluster.deleteTopic('events');
    machine.cluster.createTopic('events', 1);
    await finish(machine);
    assert.deepEqual(machine.stored(), ['a5', 'b5']);
    assert.deepEqual(machine.told(), [mayBeDoubled(5, 2)]);
    assert.equal(machine.doubled, 2);
  });

  it('gets another partition where its topic shrinks after it was taken, and that is told once', async () => {
    const machine = await killed({ stored: false, partitions: [5] });
    const next = machine.start();
    machine.cluster.failNext({ outcome: unanswered, times: 3 });
    await next.clock.advance(10);
    machine.cluster.deleteTopic('events');
    machine.cluster.createTopic('events', 1);
    await next.clock.advance(60_000);
    assert.deepEqual(machine.stored(), ['a5', 'b5']);
    assert.deepEqual(machine.told(), [restored(5, 2), mayBeDoubled(5, 2)]);
    assert.equal(machine.doubled, 2);
    assert.equal(machine.disk.inDoubt.size, 0);
    await next.close();
  });

  for (const code of [
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    'UNKNOWN_PRODUCER_ID',
    'INVALID_PRODUCER_EPOCH',
    'PRODUCER_FENCED',
    'INVALID_PRODUCER_ID_MAPPING',
  ] as const)
    it(`is sent under the id of the new process, in order, and that is told once: ${code}`, async () => {
      const machine = await killed();
      machine.cluster.failNext({ outcome: answer(code) });
      const next = machine.start();
      const fates = [next.push(0, 'c'), next.push(1, 'd')];
      await next.clock.advance(60_000);
      assert.deepEqual(fates, [['stored'], ['stored']]);
      assert.deepEqual(machine.stored(), ['a0', 'b0', 'a0', 'b0', 'c', 'd']);
      assert.deepEqual(machine.told(), [restored(0, 2), mayBeDoubled(0, 2)]);
      assert.equal(machine.doubled, 2);
      assert.deepEqual(
        machine.sent.filter(({ id }) => id === 1n),
        [{ values: ['a0', 'b0'], id: 1n, first: 0 }],
      );
      await next.close();
      assert.equal(machine.disk.rows.size, 0);
      assert.equal(machine.disk.inDoubt.size, 0);
    });

  it('is said to be doubtful once where brokers have forgotten its producer by default', async () => {
    const machine = await killed();
    await finish(machine, { at: longerThanADay });
    assert.deepEqual(machine.told(), [restored(0, 2), mayBeDoubled(0, 2)]);
    assert.equal(machine.doubled, 2);
  });

  // It was told when the batch was taken, and again when the broker refused its sequence.
  it('is said to be doubtful once where it is old and the broker refuses its sequence', async () => {
    const machine = await killed();
    machine.cluster.failNext({ outcome: answer('OUT_OF_ORDER_SEQUENCE_NUMBER') });
    await finish(machine, { at: longerThanADay });
    assert.deepEqual(machine.told(), [restored(0, 2), mayBeDoubled(0, 2)]);
    assert.equal(machine.doubled, 2);
  });

  it('is given up after two minutes where it cannot be encoded any more', async () => {
    const machine = await killed();
    const error = new KafkaError('RECORD_REJECTED', 'It could not be encoded.');
    machine.cluster.failNext({ outcome: { kind: 'splittable', error }, times: 1_000 });
    const next = machine.start();
    await next.clock.advance(118_000);
    assert.deepEqual(machine.told(), [restored(0, 2)]);
    await next.clock.advance(40_000);
    assert.deepEqual(machine.told(), [restored(0, 2), mayBeDoubled(0, 2)]);
    next.kill();
    assert.equal(machine.disk.rows.size, 2, 'they stay in the spool');
  });

  it('has one record that the broker names as bad: that one is a dead letter, the others are stored', async () => {
    const machine = await killed({ stored: false }, new Machine({ topics: { events: 6, dead: 1 } }));
    const bad = new KafkaError('RECORD_REJECTED', 'Bad.', { kafkaCode: 'INVALID_RECORD' });
    machine.cluster.failNext({ outcome: { kind: 'rejected', error: bad, named: new Map([[0, bad]]) } });
    await finish(machine, { deadLetterTopic: 'dead' });
    assert.deepEqual(machine.stored(), ['b0']);
    assert.equal(machine.stored('dead').length, 1);
    assert.deepEqual(machine.told(), [restored(0, 2), mayBeDoubled(0, 2)]);
    assert.equal(machine.doubled, 2);
  });

  it('is refused without a dead-letter topic: its records stay in the spool, and come alone at the next start', async () => {
    const machine = await killed({ stored: false });
    machine.cluster.failNext({ outcome: answer('TOPIC_AUTHORIZATION_FAILED') });
    const next = machine.start();
    await next.clock.advance(1_000);
    await next.close();
    assert.equal(machine.disk.rows.size, 2);
    assert.equal(machine.disk.inDoubt.size, 0);
    await finish(machine);
    assert.deepEqual(machine.stored(), ['a0', 'b0']);
    assert.deepEqual(machine.told(), [restored(0, 2), mayBeDoubled(0, 2)]);
  });

  it('is too large by now: it is halved, and its records are stored in order', async () => {
    const machine = await killed({ stored: false });
    machine.cluster.failNext({ outcome: answer('MESSAGE_TOO_LARGE') });
    await finish(machine);
    assert.deepEqual(
      machine.sent.map(({ values }) => values),
      [['a0', 'b0'], ['a0'], ['b0']],
    );
    assert.deepEqual(machine.stored(), ['a0', 'b0']);
    assert.deepEqual(machine.told(), [restored(0, 2), mayBeDoubled(0, 2)]);
  });
});

describe('a copy of the spool', () => {
  const copyOf = (machine: Machine): Machine => {
    const disk = new MemoryDisk();
    for (const [id, row] of machine.disk.rows) disk.rows.set(id, { ...row });
    for (const [key, batch] of machine.disk.inDoubt) disk.inDoubt.set(key, batch);
    const copy = new Machine({}, disk);
    return Object.assign(copy, { cluster: machine.cluster });
  };

  it('run after the original: the batch is stored once, and nothing of either is lost', async () => {
    const machine = await killed();
    const copy = copyOf(machine);
    for (const [own, values] of [
      [machine, ['c', 'd']],
      [copy, ['e', 'f']],
    ] as const) {
      const process = own.start();
      const fates = process.push(0, ...values);
      await process.clock.advance(1_000);
      assert.deepEqual(fates, ['stored', 'stored']);
      await process.close();
    }
    assert.deepEqual(machine.stored(), ['a0', 'b0', 'c', 'd', 'e', 'f']);
    assert.deepEqual([...machine.told(), ...copy.told()], [restored(0, 2), restored(0, 2)]);
  });

  it('run at the same time as the original: the batch is stored once, and nothing of either is lost', async () => {
    const machine = await killed({ stored: false });
    const copy = copyOf(machine);
    const processes = [machine.start(), copy.start()];
    for (let round = 0; round < 10; round++)
      for (const [index, { push, clock }] of processes.entries()) {
        push(0, `${index} ${round}`);
        await clock.advance(round % 3);
      }
    for (const process of processes) await process.close();
    const stored = machine.stored();
    assert.deepEqual(stored.slice(0, 2), ['a0', 'b0']);
    assert.equal(stored.length, 22);
    assert.equal(new Set(stored).size, 22);
    assert.equal(machine.doubled + copy.doubled, 0);
  });

  // The producer id is not shared beyond the batch: what one of them sends is never taken for what the other one sends.
  it('that is older than the original: what that one has sent since is told as doubtful where the broker says so', async () => {
    const machine = await killed();
    const copy = copyOf(machine);
    const next = machine.start();
    await next.clock.advance(1_000);
    // The broker remembers five batches of a producer.
    for (let batch = 1; batch <= 6; batch++)
      await machine.cluster.client().produce([
        {
          ...{ topic: 'events', partition: 0, records: [record(`x${batch}`), record('y')] },
          sequence: { producerId: 1n, producerEpoch: 0, firstSequence: 2 * batch },
        },
      ]);
    await finish(copy);
    assert.deepEqual(copy.told(), [restored(0, 2), mayBeDoubled(0, 2)]);
    assert.deepEqual(machine.stored().slice(-2), ['a0', 'b0']);
  });
});

describe('batches in doubt and memory', () => {
  const topics = { events: 200 };
  const large = (name: string) => name.padEnd(5_000, '.');

  async function manyLeft(): Promise<Machine> {
    const machine = new Machine({ topics, brokers: 2 });
    machine.cluster.failNext({ outcome: unanswered, times: 200, stored: true });
    const first = machine.start({ bufferMemory: 100_000_000 });
    for (let key = 0; key < 4_000; key++)
      first.producer.send(record(large(`${key}`), { key: `${key}` })).catch(() => undefined);
    await first.clock.advance(100);
    first.kill();
    assert.equal(machine.disk.inDoubt.size, 200);
    machine.sent.length = 0;
    return machine;
  }

  it('one at a time for each broker where bufferMemory is small', async () => {
    const machine = await manyLeft();
    const next = machine.start({ bufferMemory: 100_000 });
    let most = 0;
    for (let turn = 0; turn < 2_000 && machine.disk.rows.size > 0; turn++) {
      most = Math.max(most, next.producer.waiting.bytes);
      await next.clock.advance(50);
    }
    assert.equal(machine.disk.rows.size, 0);
    assert.equal(machine.stored().length, 4_000);
    assert.equal(machine.doubled, 0);
    // All of them are 20 MB, and a batch has 100 kB.
    assert.ok(most < 700_000, `${most} bytes`);
    await next.close();
  });

  // One partition without a leader kept the batches of all others on the disk.
  it('none waits for a partition that has no leader, or that is told to try again', async () => {
    const machine = await manyLeft();
    machine.cluster.moveLeader('events', 0, noLeader);
    machine.cluster.failNext({ partition: 1, outcome: answer('NOT_ENOUGH_REPLICAS'), times: 1_000 });
    const next = machine.start({ bufferMemory: 100_000 });
    await next.clock.advance(60_000);
    const partitions = new Set([...machine.disk.rows.values()].map(({ partition }) => partition));
    assert.deepEqual([...partitions].sort(), [0, 1]);
    assert.equal(machine.stored().length, 4_000);
    next.kill();
  });
});

describe('a disk that does not take the note of a batch', () => {
  for (const how of ['refuses', 'hangs'] as const)
    it(`holds up no batch for longer than a second, and only the first: it ${how}`, async () => {
      const machine = new Machine();
      const first = machine.start();
      const before = first.push(0, 'a');
      await first.clock.advance(100);
      assert.deepEqual(before, ['stored']);
      if (how === 'hangs') machine.hangs = true;
      else machine.disk.fault = new Error('scripted');
      const slow = first.push(0, 'b');
      await first.clock.advance(1_100);
      assert.deepEqual(slow, ['stored']);
      const fast = [first.push(0, 'c'), first.push(1, 'd')];
      await first.clock.advance(100);
      assert.deepEqual(fast, [['stored'], ['stored']]);
      assert.deepEqual(machine.stored(), ['a', 'b', 'c', 'd']);
      first.kill();
    });

  // walkerOS gives five seconds to end in, and this took 5.2 without the rest.
  it('does not hold up the end by another second where it hangs', async () => {
    const machine = new Machine({ onProduce: () => new Promise<void>(() => undefined) });
    const first = machine.start({ always: false });
    const fates = first.push(0, 'a');
    await first.clock.advance(100);
    machine.hangs = true;
    let ended = false;
    void first.producer.close(3_700).then(() => (ended = true));
    await first.clock.advance(4_300);
    assert.deepEqual([ended, fates], [true, ['DESTINATION_CLOSED']]);
    first.kill();
  });
});

describe('a table of batches in doubt that does not fit its records', () => {
  // Ids begin anew where a version that knows nothing of such batches has delivered all there was.
  it('ids that were given again, in another partition: those records are delivered, and the rest is told', async () => {
    const machine = await killed({ partitions: [5] });
    const rows = [...machine.disk.rows.values()];
    machine.disk.rows.clear();
    rows.forEach((row, index) =>
      machine.disk.rows.set(index + 1, {
        ...row,
        partition: 0,
        record: record(`new ${index}`, { key: keyOf(0) }),
      }),
    );
    await finish(machine);
    assert.deepEqual(machine.stored(), ['new 0', 'new 1', 'a5', 'b5']);
    assert.deepEqual(machine.told(), [mayBeDoubled(5, 2)]);
    assert.equal(machine.doubled, 2);
  });

  it('no record at all is left: that is told, and new records with these ids are delivered', async () => {
    const machine = await killed({ partitions: [5] });
    machine.disk.rows.clear();
    const next = machine.start({ bufferMemory: 1_000 });
    assert.deepEqual(machine.told(), [mayBeDoubled(5, 2)]);
    const fates = next.push(0, ...'cdefghijklmnopqrst');
    await next.clock.advance(10_000);
    assert.deepEqual(new Set(fates), new Set(['stored']));
    assert.deepEqual(machine.stored(), [...'cdefghijklmnopqrst', 'a5', 'b5']);
    await next.close();
    assert.equal(machine.disk.rows.size, 0);
    assert.equal(machine.disk.inDoubt.size, 0);
  });

  it('two batches with the same record: it is stored at least once, and no count goes wrong', async () => {
    const machine = await killed({ partitions: [0] });
    const [batch] = machine.disk.inDoubt.values();
    assert.ok(batch);
    machine.disk.inDoubt.set('events:3', { ...batch, partition: 3 });
    await finish(machine);
    assert.deepEqual(machine.stored(), ['a0', 'b0']);
    assert.deepEqual(machine.told(), [mayBeDoubled(3, 2), restored(0, 2)]);
  });
});
