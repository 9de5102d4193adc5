import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Producer } from '../../../src/producer/producer.ts';
import { backoff } from '../../../src/producer/retry-policy.ts';
import { propertyRuns } from '../../support/property-runs.ts';
import { FakeBroker } from '../../support/fake-broker.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { error, type Answer } from './answers.ts';
import { defaults, numbered, numberOf } from './harness.ts';

const answer = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Answer>('stored') },
  {
    weight: 4,
    arbitrary: fc.constantFrom<Answer>('busy', 'moved', 'lost-answer', 'lost-request', 'unreachable'),
  },
  { weight: 1, arbitrary: fc.constant<Answer>('rejected') },
);

const push = fc.record({
  key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', null),
  size: fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 1, max: 60 }) },
    { weight: 2, arbitrary: fc.constant(400) },
    { weight: 1, arbitrary: fc.constant(900) },
    { weight: 1, arbitrary: fc.constant(null) },
  ),
  wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 700 })),
});

const scenario = fc.record({
  pushes: fc.array(push, { minLength: 1, maxLength: 60 }),
  answers: fc.array(fc.record({ answer, latency: fc.integer({ min: 0, max: 900 }) }), { maxLength: 40 }),
  partitions: fc.integer({ min: 1, max: 4 }),
  brokers: fc.integer({ min: 1, max: 3 }),
  bufferMemory: fc.constantFrom(1_500, 1_000_000),
  maxRecordsPerBatch: fc.constantFrom(3, 10_000),
  linger: fc.constantFrom(0, 40),
  /** Before it closes: long enough for all deadlines, or not. */
  idle: fc.constantFrom(9_000, 9_000, 50),
  idempotent: fc.boolean(),
});

/** The broker takes at most this many bytes in one batch. */
const limit = 500;

describe('a producer under random outcomes, sizes and timings', () => {
  it('completes each record once; what is acknowledged is stored, in the order of its key', async () => {
    let ahead = 0;
    let repeated = 0;
    await fc.assert(
      fc.asyncProperty(
        scenario,
        async ({ pushes, answers, partitions, brokers, idempotent, idle, ...settings }) => {
          const clock = new FakeClock();
          const logs = Array.from(
            { length: partitions },
            () => [] as { key: string | null; sequence: number }[],
          );
          const broker: FakeBroker = new FakeBroker({
            clock,
            answers,
            idempotent,
            leaders: () => logs.map((_, partition) => (partition + broker.asked) % brokers),
            tooLarge: ({ records }) =>
              records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0) > limit ? error : undefined,
            store: ({ partition, records }) => {
              for (const record of records)
                logs[partition]?.push({ key: record.key && String(record.key), sequence: numberOf(record) });
            },
          });
          const producer = new Producer(
            broker,
            { ...defaults, ...settings },
            { clock, notify: () => {}, random: () => 0.5, date: () => new Date(0) },
          );

          const settled: number[] = pushes.map(() => 0);
          const acknowledged = new Set<number>();
          for (const [sequence, { key, size, wait }] of pushes.entries()) {
            producer.send(numbered(sequence, key, size)).then(
              () => {
                settled[sequence] = (settled[sequence] ?? 0) + 1;
                acknowledged.add(sequence);
              },
              () => (settled[sequence] = (settled[sequence] ?? 0) + 1),
            );
            await clock.advance(wait);
          }
          const eachSettled = (when: string): void =>
            assert.deepEqual(
              settled,
              pushes.map(() => 1),
              `each push settles exactly once, ${when}`,
            );
          await clock.advance(idle);
          if (idle === 9_000) eachSettled('by its deadline');
          const closed = producer.close(100);
          await clock.advance(idle === 9_000 ? 0 : 100);
          await closed;
          // Looked at before any time passes: a timer that fires once would be gone by then.
          assert.equal(clock.pending, broker.requests, 'no timer is left but those of requests that are out');
          while (broker.requests > 0) await clock.advance(1);
          assert.equal(clock.pending, 0, 'nor does a late answer begin one');
          ahead += broker.ahead;
          repeated += broker.repeated;

          eachSettled('when it closes at the latest');
          const stored = new Set(logs.flat().map(({ sequence }) => sequence));
          for (const sequence of acknowledged)
            assert.ok(stored.has(sequence), `${sequence} was acknowledged and is lost`);
          const seen = new Set<number>();
          for (const log of logs) {
            const newest = new Map<string, number>();
            for (const { key, sequence } of log) {
              assert.ok(!idempotent || !seen.has(sequence), `${sequence} is stored twice`);
              if (seen.has(sequence)) continue;
              seen.add(sequence);
              if (key === null) continue;
              assert.ok(
                sequence > (newest.get(key) ?? -1),
                `key ${key}: ${sequence} came after ${newest.get(key)}`,
              );
              newest.set(key, sequence);
            }
          }
        },
      ),
      { numRuns: propertyRuns },
    );
    assert.ok(repeated > 25, `${repeated} batches came again unchanged`);
    assert.ok(ahead > 100, `${ahead} batches were begun early and sent`);
  });

  it('pauses double, with jitter, between a fifth of the first and the longest', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 1, max: 100_000 }),
        (attempt, random, initialRetryTime, more) => {
          const policy = { retries: 5, initialRetryTime, maxRetryTime: initialRetryTime + more };
          const pause = backoff(attempt, policy, random);
          assert.ok(pause <= policy.maxRetryTime);
          assert.ok(pause >= Math.floor(initialRetryTime * 0.8));
          assert.ok(pause <= Math.ceil(initialRetryTime * 2 ** Math.min(attempt - 1, 30) * 1.2));
        },
      ),
    );
    const policy = { retries: 5, initialRetryTime: 300, maxRetryTime: 30_000 };
    assert.deepEqual(
      [1, 2, 3, 4, 5, 9].map((attempt) => backoff(attempt, policy, 0.5)),
      [300, 600, 1_200, 2_400, 4_800, 30_000],
    );
  });
});
