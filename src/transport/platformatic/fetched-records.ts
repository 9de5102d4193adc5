import type { StoredRecord } from '../../model/record.ts';
import type { FetchResponse } from './apis.ts';

type Batches = NonNullable<FetchResponse['responses'][number]['partitions'][number]['records']>;

/** Bits of a batch's attributes. */
const appendTime = 1 << 3;
const control = 1 << 5;

/**
 * The records of an answer that stand at or behind an offset. Batches come whole: the first one may begin before it.
 * @returns also where to go on, which may be beyond the last record: compaction and transactions leave gaps
 */
export function recordsOf(
  topic: string,
  partition: number,
  batches: Batches,
  from: bigint,
): { readonly records: StoredRecord[]; readonly next: bigint } {
  const records: StoredRecord[] = [];
  let next = from;
  for (const batch of batches) {
    next = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n;
    if ((batch.attributes & control) !== 0) continue;
    for (const { offsetDelta, timestampDelta, key, value, headers } of batch.records) {
      const offset = batch.firstOffset + BigInt(offsetDelta);
      if (offset < from) continue;
      const appended = (batch.attributes & appendTime) !== 0;
      records.push({
        topic,
        partition,
        offset,
        timestamp: Number(appended ? batch.maxTimestamp : batch.firstTimestamp + timestampDelta),
        key,
        value,
        headers: headers.map(([name, content]) => [String(name ?? ''), content]),
      });
    }
  }
  return { records, next: next > from ? next : from };
}
