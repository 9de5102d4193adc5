import { readBack } from '../../support/reader.ts';

/** A record as text, without its place. */
export interface StoredText {
  readonly key: string | undefined;
  readonly headers: readonly (readonly [name: string, value: string | undefined])[];
  readonly timestamp: number;
  readonly value: string | undefined;
}

/** What a topic holds, through Kafka's Java consumer. */
export async function storedTexts(
  brokers: readonly string[],
  topic: string,
  count: number,
): Promise<StoredText[]> {
  const records = await readBack(brokers, topic, { count });
  return records.map(({ key, headers, timestamp, value }) => ({
    key: key?.toString(),
    headers: headers.map(([name, text]) => [name, text?.toString()] as const),
    timestamp,
    value: value?.toString(),
  }));
}
