import type { StoredRecord } from '../../../../src/model/record.ts';

export function storedRecord(own: Partial<StoredRecord> = {}): StoredRecord {
  const place = { topic: 'events', partition: 0, offset: 1n, timestamp: 1_700_000_000_123 };
  return { ...place, key: Buffer.from('k'), value: Buffer.from('{}'), headers: [], ...own };
}
