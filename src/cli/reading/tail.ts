import { decoderOf, type Decoded } from './decode.ts';
import type { Filter } from './filter.ts';
import { schemaReaders } from './schema-readers.ts';
import { untilStopped } from '../stopping.ts';
import type { Options } from '../../config/resolve.ts';
import type { NamedRegistry } from '../../config/mapping.ts';
import type { KafkaError } from '../../model/errors.ts';
import type { StoredRecord } from '../../model/record.ts';
import { createReader } from '../../transport/create.ts';
import type { Reader } from '../../transport/port.ts';

interface TailRequest {
  readonly connection: Options['connection'];
  readonly registries: readonly NamedRegistry[];
  readonly topic: string;
  /** A number: milliseconds since the epoch. */
  readonly from: 'first' | 'end' | number;
  /** Ends where the topic ends now, instead of waiting for more. */
  readonly toEnd: boolean;
  readonly filter: Filter;
  readonly signal: AbortSignal;
  readonly onTrouble: (error: KafkaError) => void;
  readonly onUndecoded: (error: KafkaError) => void;
  /** Called for a schema with rules that readers would have to carry out. */
  readonly onRules: (message: string) => void;
}

export interface Shown {
  readonly record: StoredRecord;
  readonly decoded: Decoded;
}

/**
 * The records of a topic as they come, decoded; ends early, without an error, at `signal`.
 * @throws KafkaError as the reader's
 */
export async function* tailTopic(request: TailRequest): AsyncGenerator<Shown, void, undefined> {
  const { reader } = await createReader(request.connection);
  try {
    yield* untilStopped(recordsOf(request, reader), request.signal);
  } finally {
    await reader.close();
  }
}

async function* recordsOf(request: TailRequest, reader: Reader): AsyncGenerator<Shown, void, undefined> {
  const { registries, topic, from, toEnd, filter, signal, onTrouble, onUndecoded, onRules } = request;
  const decode = decoderOf({ readers: schemaReaders(registries, topic, signal, onRules), onUndecoded });
  const start = await reader.offsets(topic, from);
  const until = toEnd ? { until: await reader.offsets(topic, 'end') } : {};
  for await (const { records } of reader.read(topic, start, { ...until, signal, onTrouble })) {
    for (const record of records) {
      // A late event may stand behind younger ones.
      if (typeof from === 'number' && record.timestamp < from) continue;
      if (!filter.byRecord(record)) continue;
      const decoding = decode(record);
      const decoded = decoding instanceof Promise ? await decoding : decoding;
      if (filter.byValue(record, decoded)) yield { record, decoded };
    }
  }
}
