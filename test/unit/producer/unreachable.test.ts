import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Producer } from '../../../src/producer/producer.ts';
import type { ProducerSettings } from '../../../src/producer/ports.ts';
import type { Outcome } from '../../../src/model/outcome.ts';
import type { PartitionBatch } from '../../../src/model/partition.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { defaults, record, refused, watch, noProducerId } from './harness.ts';

const error = refused('BROKER_UNREACHABLE', 'connect ECONNREFUSED');

/** Brokers 1 and 2 of one topic, each of which is well, away (killed) or silent (frozen); a producer with 30 s a record. */
function setUp(settings: Partial<ProducerSettings> = {}, partitions = 1) {
  const clock = new FakeClock();
  const leaders = Array.from({ length: partitions }, () => 1);
  const state = { 1: 'well', 2: 'well' } as Record<number, 'well' | 'away' | 'silent'>;
  const requests: { readonly at: number; readonly broker: number; readonly records: number }[] = [];
  const questions: number[] = [];
  const stored: string[] = [];
  /** What the broker answers instead, once each. */
  const answers: Outcome[] = [];
  const rig = { clock, leaders, state, requests, questions, stored, answers, metadata: true };

  async function produce(batches: readonly PartitionBatch[]): Promise<Outcome[]> {
    const broker = leaders[batches[0]?.partition ?? 0] ?? 0;
    const records = batches.reduce((sum, { records }) => sum + records.length, 0);
    requests.push({ at: clock.now(), broker, records });
    if (state[broker] === 'away') return batches.map(() => ({ kind: 'unreachable', error }));
    if (state[broker] === 'silent') await new Promise<void>((resolve) => clock.after(18_000, resolve));
    return batches.map(({ records }) => {
      const answer = answers.shift();
      if (answer !== undefined) return answer;
      stored.push(...records.map(({ value }) => String(value)));
      return { kind: 'stored' };
    });
  }

  function metadata() {
    questions.push(clock.now());
    return rig.metadata ? Promise.resolve({ leaders: [...leaders] }) : Promise.reject(error);
  }

  const producer = new Producer(
    { produce, initProducerId: noProducerId, metadata },
    { ...defaults, deliveryTimeout: 30_000, ...settings },
    { clock, notify: () => undefined, random: () => 0.5, date: () => new Date(0) },
  );
  return { ...rig, rig, producer };
}

const between = (times: readonly { readonly at: number }[], from: number, to: number): number =>
  times.filter(({ at }) => at >= from && at < to).length;

// The leader was killed, another elected after ten seconds; but the partition waited out its own pause at the dead address,
// doubled to ten seconds by then, and every push of 4 s to 18 s was stored at 28 s.
describe('a broker that cannot be reached', () => {
  it('holds its partition up no longer than until it has another leader', async () => {
    const { clock, leaders, state, producer } = setUp();
    state[1] = 'away';
    const fates = watch([producer.send(record('1'))]);
    await clock.advance(10_000);
    assert.deepEqual(fates, ['pending']);
    leaders[0] = 2;
    await clock.advance(1_300);
    assert.deepEqual(fates, ['stored']);
  });

  it('is tried again every second, so that what waits for it goes soon after it is back', async () => {
    const { clock, state, producer } = setUp();
    state[1] = 'away';
    const fates = watch([producer.send(record('1'))]);
    await clock.advance(20_000);
    state[1] = 'well';
    await clock.advance(1_100);
    assert.deepEqual(fates, ['stored']);
  });

  // Backoffs of a second for each of sixty queues would be a storm at a dead address.
  it('is tried once for all its partitions, and metadata is asked for as seldom', async () => {
    const { clock, state, requests, questions, producer } = setUp({}, 60);
    const keys = Array.from({ length: 300 }, (_, index) => `key-${index}`);
    const first = watch(keys.map((key) => producer.send(record('1', { key }))));
    await clock.advance(100);
    assert.ok(first.every((fate) => fate === 'stored'));
    state[1] = 'away';
    watch(keys.map((key) => producer.send(record('2', { key }))));
    await clock.advance(5_000);
    const [tries, asked] = [requests.length, questions.length];
    await clock.advance(10_000);
    assert.ok(requests.length - tries <= 11, `${requests.length - tries} requests in ten seconds`);
    assert.ok(questions.length - asked <= 21, `${questions.length - asked} questions in ten seconds`);
  });

  // A full request is formed from records that are in no cache any more: with 200,000 waiting it took 3 ms each second.
  it('is tried with a few records of each partition, and has the others when it answers', async () => {
    const { clock, state, requests, stored, producer } = setUp({}, 2);
    state[1] = 'away';
    const keys = Array.from({ length: 20 }, (_, index) => `key-${index}`);
    const values = Array.from({ length: 2_000 }, (_, index) => `${index}`);
    watch(values.map((value, index) => producer.send(record(value, { key: keys[index % 20] }))));
    await clock.advance(10_000);
    assert.deepEqual([...new Set(requests.slice(3).map(({ records }) => records))], [256]);
    const tries = requests.length;
    state[1] = 'well';
    await clock.advance(1_100);
    assert.equal(stored.length, 2_000);
    assert.ok(requests.length - tries < 6, `${requests.length - tries} requests`);
  });

  it('does not use up retries', async () => {
    const { clock, state, producer } = setUp({ retry: { ...defaults.retry, retries: 0 } });
    state[1] = 'away';
    const fates = watch([producer.send(record('1'))]);
    await clock.advance(20_000);
    state[1] = 'well';
    await clock.advance(1_100);
    assert.deepEqual(fates, ['stored']);
  });

  it('and a second one that is lost right after the first is back hold nothing up either, and the order holds', async () => {
    const { clock, leaders, state, stored, producer } = setUp();
    state[1] = 'away';
    const fates = watch([producer.send(record('1'))]);
    await clock.advance(9_000);
    leaders[0] = 2;
    state[2] = 'away';
    state[1] = 'well';
    fates.push(...watch([producer.send(record('2'))]));
    await clock.advance(9_000);
    assert.deepEqual(stored, []);
    leaders[0] = 1;
    await clock.advance(1_300);
    assert.deepEqual(stored, ['1', '2']);
  });

  it('leaves no timer when the producer closes', async () => {
    const { clock, state, producer } = setUp();
    state[1] = 'away';
    const fates = watch([producer.send(record('1'))]);
    await clock.advance(5_000);
    await Promise.all([producer.close(500), clock.advance(500)]);
    assert.equal(clock.pending, 0);
    await clock.advance(1);
    assert.deepEqual(fates, ['DESTINATION_CLOSED']);
  });
});

// Its only queue was in the request that was out: nothing waited behind it, and nobody asked who leads it now.
describe('a broker that says nothing', () => {
  it('has its partitions asked about every second, also those of the request that is out', async () => {
    const { clock, state, questions, producer } = setUp();
    state[1] = 'silent';
    watch([producer.send(record('1'))]);
    await clock.advance(10_000);
    assert.ok(questions.length >= 8, `${questions.length} questions`);
  });
});

// Metadata was asked for after 300, 600, … 9,600 ms: ten seconds after the cluster was back nothing had been sent.
describe('a cluster that cannot be reached', () => {
  it('is asked about a topic every second, and the topic is sent to as soon as it answers', async () => {
    const { clock, rig, questions, producer } = setUp();
    rig.metadata = false;
    const fates = watch([producer.send(record('1'))]);
    await clock.advance(15_000);
    assert.ok(questions.length <= 22, `${questions.length} questions`);
    rig.metadata = true;
    await clock.advance(1_100);
    assert.deepEqual(fates, ['stored']);
  });
});

describe('a partition whose leader answered that it leads no more', () => {
  const moved: Outcome = {
    kind: 'retriable',
    error: refused('BROKER_BUSY', 'NOT_LEADER_OR_FOLLOWER'),
    refresh: true,
    mayHaveBeenWritten: false,
  };

  it('is sent to the new leader as soon as metadata names it', async () => {
    const { clock, leaders, answers, producer } = setUp();
    watch([producer.send(record('0'))]);
    await clock.advance(1);
    leaders[0] = 2;
    answers.push(moved);
    const fates = watch([producer.send(record('1'))]);
    await clock.advance(1);
    assert.deepEqual(fates, ['stored']);
  });

  // Brokers that name each other would use up `retries` within milliseconds.
  it('waits as `retry` says where the new one says the same', async () => {
    const { clock, leaders, requests, answers, producer } = setUp();
    watch([producer.send(record('0'))]);
    await clock.advance(1);
    answers.push(moved, moved, moved, moved, moved);
    const since = clock.now();
    watch([producer.send(record('1'))]);
    for (let turn = 0; turn < 300; turn++) {
      leaders[0] = turn % 2 === 0 ? 2 : 1;
      await clock.advance(10);
    }
    // At once, then after 600 ms and 1,200 ms.
    assert.ok(
      between(requests, since, since + 3_000) <= 4,
      `${between(requests, since, since + 3_000)} requests`,
    );
  });
});

/**
 * The client gives up a request to a frozen broker when the metadata that it is asked for names other leaders, and the request
 * has been out for a second. A question in that very second had named the new leader, and none followed for half a minute.
 */
it('a request to a frozen broker has the cluster asked each second, though another broker leads by now', async () => {
  const { clock, leaders, state, questions, producer } = setUp();
  const first = producer.send(record('first'));
  await clock.advance(29_500);
  await first;
  state[1] = 'silent';
  const fates = watch([producer.send(record('second'))]);
  await clock.advance(100);
  leaders[0] = 2;
  await clock.advance(600);
  const named = questions.length;
  await clock.advance(5_000);
  assert.equal(questions.filter((at) => at > 29_500 && at < 30_200).length, 1);
  assert.ok(questions.length - named >= 4, `${questions.length - named} questions in five seconds`);
  await clock.advance(30_000);
  assert.deepEqual(fates, ['stored']);
});
