import { createReader } from './client/create.ts';
import { clientOptions } from './client-options.ts';
import type { Options } from './options/resolve.ts';
import { decoderOf } from './reading/decode.ts';
import type { Decoded } from './reading/decoder.ts';
import type { Filter } from './reading/filter.ts';
import type { Schemas } from './reading/framed.ts';
import type { KafkaError } from './vocabulary/errors.ts';
import type { StoredRecord } from './vocabulary/stored-record.ts';

export interface TailRequest {
  readonly connection: Options['connection'];
  readonly schemas: Schemas | undefined;
  readonly topic: string;
  /** A number: milliseconds since the epoch. */
  readonly from: 'first' | 'end' | number;
  /** Ends where the topic ends now, instead of waiting for more. */
  readonly toEnd: boolean;
  readonly filter: Filter;
  readonly signal: AbortSignal;
  readonly onTrouble: (error: KafkaError) => void;
}

export interface Shown {
  readonly record: StoredRecord;
  readonly decoded: Decoded;
}

/**
 * The records of a topic as they come, decoded.
 * @throws KafkaError as the reader's
 */
export async function* tailTopic(request: TailRequest): AsyncGenerator<Shown, void, undefined> {
  const { connection, schemas, topic, from, toEnd, filter, signal, onTrouble } = request;
  const { reader } = await createReader(clientOptions(connection));
  const decode = decoderOf(schemas);
  try {
    const start = await reader.offsets(topic, from);
    const until = toEnd ? { until: await reader.offsets(topic, 'end') } : {};
    for await (const { records } of reader.read(topic, start, { ...until, signal, onTrouble })) {
      for (const record of records) {
        // An event that came late stands behind younger ones.
        if (typeof from === 'number' && record.timestamp < from) continue;
        if (!filter.byRecord(record)) continue;
        const decoding = decode(record);
        const decoded = decoding instanceof Promise ? await decoding : decoding;
        if (filter.byValue(record, decoded)) yield { record, decoded };
      }
    }
  } finally {
    await reader.close();
  }
}
