import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Producer } from '../../../src/producer/producer.ts';
import { MemoryDisk, MemorySpool } from '../../support/memory-spool.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import type { Notice } from '../../../src/model/notice.ts';
import type { Outcome } from '../../../src/model/outcome.ts';
import { noLeader, type PartitionBatch } from '../../../src/model/partition.ts';
import { propertyRuns } from '../../support/property-runs.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { outcomeOf } from './answers.ts';
import { answers, key, leaderless, outage, size, sizes, wait } from './arbitraries.ts';
import { defaults, numbered, numberOf } from './harness.ts';

const push = fc.record({ key, size, wait });

/** A process: what is pushed to it, what the brokers do, and how it ends. */
const life = fc.record({
  pushes: fc.array(push, { minLength: 1, maxLength: 30 }),
  answers,
  outage,
  leaderless,
  end: fc.constantFrom<'kill' | 'close'>('kill', 'kill', 'close'),
  /** What becomes of the requests that are out when it ends: they arrive nowhere, before the next process, or after it began. */
  late: fc.constantFrom<'never' | 'before' | 'after'>('never', 'before', 'after'),
});

const scenario = fc.record({
  lives: fc.array(life, { minLength: 1, maxLength: 5 }),
  partitions: fc.integer({ min: 1, max: 3 }),
  ...sizes,
});

const away = new KafkaError('BROKER_UNREACHABLE', 'scripted');
const lost = new KafkaError('RECORD_REJECTED', 'scripted', { kafkaCode: 'OUT_OF_ORDER_SEQUENCE_NUMBER' });

/** The log of one partition, as a broker keeps it: it remembers five batches of each producer id. */
class PartitionLog {
  readonly values: { key: string; sequence: number }[] = [];
  readonly #batches = new Map<bigint, { first: number; next: number }[]>();

  append({ records, sequence }: PartitionBatch): 'stored' | 'out-of-order' {
    assert.ok(sequence, 'each batch has a sequence');
    const first = sequence.firstSequence;
    const next = first + records.length;
    const known = this.#batches.get(sequence.producerId) ?? [];
    if (known.some((batch) => batch.first === first && batch.next === next)) return 'stored';
    if (known.length > 0 && known.at(-1)?.next !== first) return 'out-of-order';
    this.#batches.set(sequence.producerId, [...known, { first, next }].slice(-5));
    for (const record of records) this.values.push({ key: String(record.key), sequence: numberOf(record) });
    return 'stored';
  }
}

// Eight kills at 800 events a second stored 69 records twice: each process had a producer id of its own.
describe('an idempotent producer whose spool has every record, killed at any time', () => {
  it('stores each acknowledged record exactly once, no record twice, and keeps the order of keys', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ lives, partitions, diskLatency, ...settings }) => {
        const disk = new MemoryDisk();
        const logs = Array.from({ length: partitions }, () => new PartitionLog());
        const acknowledged = new Set<number>();
        const notices: Notice[] = [];
        let producerIds = 0n;
        let sequence = 0;
        let lateRequests: (() => void)[] = [];
        const quiet: (typeof lives)[number] = {
          pushes: [],
          answers: [],
          outage: { from: 0, length: 0 },
          leaderless: { partition: 0, until: 0 },
          end: 'close',
          late: 'never',
        };

        for (const life of [...lives, quiet]) {
          const { pushes, answers, outage, leaderless, end, late } = life;
          const clock = new FakeClock();
          let dead = false;
          let next = 0;
          const onTheWay = new Set<() => void>();
          const isAway = () => clock.now() >= outage.from && clock.now() < outage.from + outage.length;

          const produce = async (batches: readonly PartitionBatch[]): Promise<Outcome[]> => {
            const { answer, latency } = answers[next++] ?? { answer: 'stored', latency: 1 };
            const sent = batches.map(({ topic, partition, records, sequence }) => ({
              ...{ topic, partition, records: [...records] },
              sequence: sequence && { ...sequence },
            }));
            let outcomes: Outcome[] = [];
            const arrive = (): void => {
              onTheWay.delete(arrive);
              outcomes = sent.map((batch): Outcome => {
                if (isAway()) return { kind: 'unreachable', error: away };
                const takes = answer === 'stored' || answer === 'lost-answer';
                const stored = takes && logs[batch.partition]?.append(batch);
                return stored === 'out-of-order' ? { kind: 'rejected', error: lost } : outcomeOf(answer);
              });
            };
            onTheWay.add(arrive);
            await new Promise<void>((resolve) => clock.after(latency / 2, resolve));
            arrive();
            await new Promise<void>((resolve) => clock.after(latency / 2, resolve));
            return outcomes;
          };
          const metadata = () =>
            isAway()
              ? Promise.reject(away)
              : Promise.resolve({
                  leaders: Array.from({ length: partitions }, (_, index) =>
                    index === leaderless.partition && clock.now() < leaderless.until ? noLeader : index % 2,
                  ),
                });
          const file = new MemorySpool({
            disk,
            maxBytes: 1_000_000,
            synced: (task) => clock.after(diskLatency, () => dead || task()),
          });
          const producer = new Producer(
            {
              produce,
              initProducerId: () => Promise.resolve({ producerId: ++producerIds, producerEpoch: 0 }),
              metadata,
            },
            { ...defaults, ...settings, idempotent: true, spool: { file, always: true } },
            {
              clock,
              notify: (notice) => notices.push(notice),
              random: () => 0.5,
              date: () => new Date(0),
            },
          );
          // The late requests of the process before may come between those of this one.
          clock.after(400, () => lateRequests.forEach((arrive) => arrive()));
          for (const { key, size, wait } of pushes) {
            const mine = sequence++;
            producer.send(numbered(mine, key, size)).then(
              () => dead || acknowledged.add(mine),
              () => undefined,
            );
            await clock.advance(wait);
          }
          if (pushes.length === 0) await clock.advance(60_000);
          if (end === 'close') {
            await Promise.all([producer.close(3_700), clock.advance(40_000)]);
            await file.close();
          }
          // The clock of this process stands still from here on, and with it everything that it could still do.
          dead = true;
          lateRequests.forEach((arrive) => arrive());
          lateRequests = late === 'after' ? [...onTheWay] : [];
          if (late === 'before') for (const arrive of [...onTheWay]) arrive();
        }

        const stored = logs.flatMap(({ values }) => values.map(({ sequence }) => sequence));
        assert.deepEqual(
          stored.filter((sequence, index) => stored.indexOf(sequence) !== index),
          [],
          'stored twice',
        );
        for (const sequence of acknowledged)
          assert.ok(stored.includes(sequence), `${sequence} was acknowledged and is lost`);
        for (const { values } of logs)
          for (const key of 'abcd') {
            const ofKey = values.filter((value) => value.key === key).map(({ sequence }) => sequence);
            assert.deepEqual(
              ofKey,
              ofKey.toSorted((one, other) => one - other),
              `the order of ${key}`,
            );
          }
        assert.equal(disk.rows.size, 0, 'the spool is empty in the end');
        assert.equal(disk.inDoubt.size, 0, 'nothing is in doubt in the end');
        assert.deepEqual(
          notices.filter(({ kind }) => kind === 'may-be-doubled'),
          [],
        );
      }),
      { numRuns: propertyRuns },
    );
  });
});
