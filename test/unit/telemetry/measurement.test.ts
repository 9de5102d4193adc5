import assert from 'node:assert/strict';
import { it } from 'node:test';
import { measureRequest } from '../../../src/telemetry/metrics.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import type { ProduceReport } from '../../../src/model/outcome.ts';
import { again, recordOf, refused, reportOf } from './reports.ts';

const batchOf = (topic: string, partition: number, records: number): ProduceReport['batches'][number] => ({
  topic,
  partition,
  records: Array.from({ length: records }, () => recordOf({ topic })),
});

function measured(report: ProduceReport): unknown[][] {
  const values: unknown[][] = [];
  measureRequest(report, (metric, value, { topic, error } = {}) =>
    values.push([metric, value, topic, error?.message]),
  );
  return values;
}

it('a request is measured by topic and by what became of it, the partitions of a topic together', () => {
  const batches = [
    batchOf('events', 0, 2),
    batchOf('events', 1, 3),
    batchOf('events', 2, 4),
    batchOf('events', 3, 5),
    batchOf('events', 4, 6),
    batchOf('orders', 0, 7),
    batchOf('orders', 1, 8),
  ];
  const stored = { kind: 'stored' } as const;
  const outcomes = [stored, stored, again, refused, again, again, stored];
  const report = reportOf({ batches, outcomes, startedAt: 1_000, endedAt: 1_250 });
  assert.deepEqual(measured(report), [
    ['duration', 0.25, undefined, 'Busy.'],
    ['sent', 5, 'events', undefined],
    ['sent', 10, 'events', 'Busy.'],
    ['sent', 5, 'events', 'No.'],
    ['sent', 7, 'orders', 'Busy.'],
    ['sent', 8, 'orders', undefined],
    ['batchMessages', 35, undefined, undefined],
    ['batchSize', 250, undefined, undefined],
    ['compressionRatio', 4, undefined, undefined],
  ]);
});

it('of a request that reached no broker only the time is measured', () => {
  const error = new KafkaError('BROKER_UNREACHABLE', 'Away.');
  const report = reportOf({ outcomes: [{ kind: 'unreachable', error }] });
  assert.deepEqual(measured(report), [['duration', 0.02, 'events', 'Away.']]);
});
