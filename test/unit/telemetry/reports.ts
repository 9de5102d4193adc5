import { KafkaError } from '../../../src/model/errors.ts';
import type { Outcome, ProduceReport } from '../../../src/model/outcome.ts';
import type { KafkaRecord } from '../../../src/model/record.ts';

/** A request of one record that was stored after 20 ms; the rest as the test wants it. */
export function reportOf(overrides: Partial<ProduceReport> = {}): ProduceReport {
  return {
    broker: 'b1:9092',
    batches: [{ topic: 'events', partition: 0, records: [recordOf()] }],
    outcomes: [{ kind: 'stored' }],
    startedAt: 100,
    endedAt: 120,
    size: { plain: 1_000, sent: 250 },
    ...overrides,
  };
}

export function recordOf(overrides: Partial<KafkaRecord> = {}): KafkaRecord {
  return {
    topic: 'events',
    key: Buffer.from('k'),
    value: Buffer.from('v'),
    headers: {},
    timestamp: 0,
    ...overrides,
  };
}

type Failure = Exclude<Outcome, { kind: 'stored' }>;

/** The broker says "not now". */
export const again: Failure = {
  kind: 'retriable',
  error: new KafkaError('BROKER_BUSY', 'Busy.', { kafkaCode: 'NOT_ENOUGH_REPLICAS' }),
  refresh: false,
  mayHaveBeenWritten: false,
};

/** The broker says "never". */
export const refused: Failure = {
  kind: 'rejected',
  error: new KafkaError('RECORD_REJECTED', 'No.', { kafkaCode: 'INVALID_RECORD' }),
};
