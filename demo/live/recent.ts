import type { Arrival } from './arrival.ts';
import type { WholeRecord } from './message.ts';

/** A value larger than this is shown by its beginning; in bytes. */
const shownValue = 64 * 1024;

/** The records that views were shown, whole, so that one can be opened: the newest, within a number of bytes. */
export class RecentRecords {
  readonly #records = new Map<string, Arrival>();
  readonly #mostBytes: number;
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  add(record: Arrival): void {
    const kept = detached(record);
    this.#records.set(placeOf(kept), kept);
    this.#bytes += sizeOf(kept);
    for (const [place, oldest] of this.#records) {
      if (this.#bytes <= this.#mostBytes || oldest === kept) return;
      this.#records.delete(place);
      this.#bytes -= sizeOf(oldest);
    }
  }

  /** Undefined when it is not kept any more. */
  find(place: {
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
  }): WholeRecord | undefined {
    const record = this.#records.get(placeOf(place));
    if (!record) return undefined;
    const { topic, partition, offset, timestamp, key, headers, value } = record;
    return {
      topic,
      partition,
      offset,
      timestamp,
      key: key && key.toString(),
      headers: headers.map(([name, content]) => [name, content && content.toString()]),
      value: value && value.subarray(0, shownValue).toString(),
      valueBytes: value?.length ?? 0,
    };
  }
}

/**
 * A consumer's buffers are views of the whole answer that brought them: kept as they are, a record of a hundred bytes holds
 * on to a megabyte (a process of 754 MB after a minute of fifty visitors, and 380 MB with copies).
 */
const detached = (record: Arrival): Arrival => ({
  ...record,
  key: record.key && Buffer.from(record.key),
  value: record.value && Buffer.from(record.value),
  headers: record.headers.map(([name, value]) => [name, value && Buffer.from(value)]),
});

const placeOf = ({ topic, partition, offset }: Pick<Arrival, 'topic' | 'partition' | 'offset'>): string =>
  `${topic}/${partition}/${offset}`;

export const sizeOf = ({ key, value }: Arrival): number => (key?.length ?? 0) + (value?.length ?? 0);
