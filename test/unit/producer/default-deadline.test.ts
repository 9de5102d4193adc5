import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolveOptions } from '../../../src/config/resolve.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import type { Notice } from '../../../src/model/notice.ts';
import type { Outcome } from '../../../src/model/outcome.ts';
import { Producer } from '../../../src/producer/producer.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { defaults, record, refused, noProducerId } from './harness.ts';

const { options } = resolveOptions({ kafka: { brokers: ['kafka1:9092'], topic: 'events' } });
const { retry, linger, batchSize, bufferMemory, deliveryTimeout, connection } = options;

interface Told {
  readonly at: number;
  readonly message: string;
  readonly mayHaveBeenWritten: boolean;
}

/** Pushes a record every second for a minute, with settings as installed. @returns how long each took, and what it was told */
async function outage(produce: (clock: FakeClock) => Promise<Outcome>): Promise<Told[]> {
  const clock = new FakeClock();
  const producer = new Producer(
    {
      metadata: () => Promise.resolve({ leaders: [1] }),
      produce: (batches) => Promise.all(batches.map(() => produce(clock))),
      initProducerId: noProducerId,
    },
    { ...defaults, retry, linger, batchSize, bufferMemory, deliveryTimeout },
    { clock, notify: () => undefined, random: () => 0.5, date: () => new Date(0) },
  );
  const told: Told[] = [];
  for (let second = 0; second < 60; second++) {
    const begin = clock.now();
    producer.send(record(`${second}`)).catch((error: unknown) => {
      assert.ok(error instanceof KafkaError);
      const { message, mayHaveBeenWritten } = error;
      told.push({ at: clock.now() - begin, message, mayHaveBeenWritten });
    });
    await clock.advance(1_000);
  }
  await clock.advance(30_000);
  return told;
}

// An outage that is longer than the deadline: pushes that nobody is told about hold their clients and their memory.
describe('an outage of a minute and a half, with the defaults', () => {
  it('of brokers that cannot be reached: each push is told at its deadline, with the cause', async () => {
    const error = refused('BROKER_UNREACHABLE', 'connect ECONNREFUSED 10.0.0.1:9092');
    const told = await outage(() => Promise.resolve({ kind: 'unreachable', error }));
    assert.equal(told.length, 60);
    for (const { at, message, mayHaveBeenWritten } of told) {
      assert.ok(at <= 30_000 && at > 29_000, `${at} ms`);
      assert.match(message, /deliveryTimeout \(30000 ms\).*connect ECONNREFUSED 10\.0\.0\.1:9092/);
      assert.equal(mayHaveBeenWritten, false);
    }
  });

  it('of a broker that is frozen: each push is told at its deadline; what was sent may have been written', async () => {
    const error = refused('BROKER_UNREACHABLE', 'no answer within 18750 ms');
    const told = await outage(
      (clock) =>
        new Promise((resolve) =>
          clock.after(connection.requestTimeout, () => resolve({ kind: 'unknown', error })),
        ),
    );
    assert.equal(told.length, 60);
    for (const { at, message } of told) {
      assert.ok(at <= 30_000 && at > 29_000, `${at} ms`);
      assert.match(message, /deliveryTimeout \(30000 ms\)/);
    }
    assert.equal(told[0]?.mayHaveBeenWritten, true);
  });

  // A log line and a metric for each of a hundred thousand took 50 MiB of garbage, at the moment when memory is short anyway.
  it('tells log and metrics once of the records that expire together, with their number', async () => {
    const clock = new FakeClock();
    const notices: Notice[] = [];
    const delivery = new Producer(
      {
        metadata: () => Promise.resolve({ leaders: [1] }),
        produce: () => new Promise<never>(() => undefined),
        initProducerId: noProducerId,
      },
      { ...defaults, retry, linger, batchSize, bufferMemory, deliveryTimeout },
      { clock, notify: (notice) => notices.push(notice), random: () => 0.5, date: () => new Date(0) },
    );
    const pushes = Array.from({ length: 1_000 }, (_, n) => delivery.send(record(`${n}`)));
    const told = Promise.allSettled(pushes);
    await clock.advance(31_000);
    assert.equal((await told).filter(({ status }) => status === 'rejected').length, 1_000);
    const gaveUp = notices.flatMap((notice) => (notice.kind === 'gave-up' ? [notice] : []));
    assert.equal(
      gaveUp.reduce((sum, { records = 1 }) => sum + records, 0),
      1_000,
    );
    assert.ok(gaveUp.length <= 2, `${gaveUp.length} notices: those sent, and those that waited`);
  });
});
