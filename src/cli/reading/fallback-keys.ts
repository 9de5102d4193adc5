import { propertyOf } from '../../model/foreign.ts';
import type { StoredRecord } from '../../model/record.ts';
import { nameOf } from '../../record/build.ts';
import { createReader } from '../../transport/create.ts';
import type { ClientOptions } from '../../transport/port.ts';
import type { NamedRegistry } from '../../config/mapping.ts';
import { decoderOf, type Decoded } from './decode.ts';
import { schemaReaders } from './schema-readers.ts';

/** As many are looked at in each topic, or as many bytes. */
const most = { records: 1_000, bytes: 10_000_000 };
/** Brokers that are away for longer end it. Milliseconds. */
const readTimeout = 4_000;

/**
 * Of the last records of a topic, how many have the name of their event as key, as events have whose key was not found.
 * @throws KafkaError as the reader's
 */
export async function countFallbackKeys(
  topic: string,
  options: ClientOptions,
  registries: readonly NamedRegistry[],
): Promise<{ readonly records: number; readonly fallbacks: number }> {
  const closing = new AbortController();
  const { reader } = await createReader(options);
  const decode = decoderOf({
    readers: schemaReaders(registries, topic, closing.signal),
    onUndecoded: () => undefined,
  });
  let [records, bytes, fallbacks] = [0, 0, 0];
  try {
    const [firsts, until] = await Promise.all([reader.offsets(topic, 'first'), reader.offsets(topic, 'end')]);
    const each = BigInt(Math.ceil(most.records / until.size));
    const start = (partition: number, end: bigint): bigint => {
      const first = firsts.get(partition) ?? end;
      return end - each > first ? end - each : first;
    };
    const from = new Map([...until].map(([partition, end]) => [partition, start(partition, end)]));
    for await (const batch of reader.read(topic, from, { until, troubleTimeout: readTimeout })) {
      for (const record of batch.records) {
        if (record.offset >= (until.get(record.partition) ?? 0n)) break;
        records += 1;
        bytes += record.value?.length ?? 0;
        if (isFallback(record, await decode(record))) fallbacks += 1;
      }
      if (bytes > most.bytes) break;
    }
    return { records, fallbacks };
  } finally {
    closing.abort();
    await reader.close();
  }
}

/** A structured CloudEvent has the event in `data`. */
function isFallback({ key }: StoredRecord, { value }: Decoded): boolean {
  const names = [propertyOf(value, 'name'), propertyOf(propertyOf(value, 'data'), 'name')];
  return names.some((name) => typeof name === 'string' && key?.toString() === nameOf({ name }));
}
