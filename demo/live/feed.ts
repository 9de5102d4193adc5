import type { Ends } from '../topics.ts';
import type { Arrival } from './arrival.ts';
import { Latencies } from './latencies.ts';
import type { Landed, Track, Second } from './message.ts';
import { type RecentRecords, sizeOf } from './recent.ts';

export interface FeedOptions {
  readonly tracks: readonly Track[];
  readonly recent: Pick<RecentRecords, 'add'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: () => number;
}

/** Most records of one track that a tick carries: more would move faster than eyes do. */
const shownPerTrack = 8;
const keptRecords = 60;
const keptSeconds = 120;
/** Beyond this, in ms, the event's own time says nothing about the way here. */
const longestLatency = 10 * 60_000;

interface Seen {
  readonly record: Arrival;
  readonly at: number;
  readonly latency: number | null;
}

interface TrackSample {
  landed: number;
  readonly chosen: Seen[];
}

/** Every partition of the topics, in their order: what is on the wire names them by place. */
export const tracksOf = (ends: Ends): Track[] =>
  [...ends].flatMap(([topic, offsets]) => offsets.map((_, partition) => ({ topic, partition })));

/**
 * Counts every record and keeps a sample for the eyes: of each track all records of a tick while they are few, else an
 * even choice, so that a quiet track never drowns in a loud one's noise.
 */
export class Feed {
  readonly #options: FeedOptions;
  readonly #places: ReadonlyMap<string, number>;
  readonly #samples: readonly TrackSample[];
  readonly #latencies: Latencies;
  readonly #seconds: Second[] = [];
  #records: Landed[] = [];
  #landed = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#places = new Map(
      options.tracks.map((track, place) => [`${track.topic}/${track.partition}`, place]),
    );
    this.#samples = options.tracks.map(() => ({ landed: 0, chosen: [] }));
    this.#latencies = new Latencies(1000, options.random);
  }

  take(record: Arrival): void {
    const sample = this.#samples[this.#places.get(`${record.topic}/${record.partition}`) ?? -1];
    if (!sample) return;
    const at = this.#options.now();
    const latency = latencyOf(record, at);
    this.#landed++;
    sample.landed++;
    if (latency !== null) this.#latencies.add(latency);
    const place =
      sample.chosen.length < shownPerTrack
        ? sample.chosen.length
        : Math.floor(this.#options.random() * sample.landed);
    if (place >= shownPerTrack) return;
    // What was chosen stays in the order of its offsets.
    sample.chosen.splice(place, 1);
    sample.chosen.push({ record, at, latency });
  }

  /** What landed since the last call: exact numbers, and the sample. */
  tick(): { readonly landed: readonly number[]; readonly records: readonly Landed[] } {
    const landed = this.#samples.map((sample) => sample.landed);
    const records = this.#samples.flatMap((sample, track) =>
      sample.chosen.map((seen) => this.#show(seen, track)),
    );
    for (const sample of this.#samples) {
      sample.landed = 0;
      sample.chosen.length = 0;
    }
    if (records.length > 0) this.#records = [...this.#records, ...records].slice(-keptRecords);
    return { landed, records };
  }

  /** Closes a second of the chart. */
  second(waiting: number): Second {
    const second = { at: this.#options.now(), landed: this.#landed, ...this.#latencies.take(), waiting };
    this.#landed = 0;
    this.#seconds.push(second);
    if (this.#seconds.length > keptSeconds) this.#seconds.shift();
    return second;
  }

  /** For a view that has just come. */
  get history(): { readonly seconds: readonly Second[]; readonly records: readonly Landed[] } {
    return { seconds: this.#seconds, records: this.#records };
  }

  #show({ record, at, latency }: Seen, track: number): Landed {
    this.#options.recent.add(record);
    const { offset, key } = record;
    const shortKey = key && key.toString().slice(0, 64);
    return { track, offset, key: shortKey, name: nameOf(record), at, latency, bytes: sizeOf(record) };
  }
}

function latencyOf({ timestamp }: Arrival, at: number): number | null {
  const latency = at - timestamp;
  return timestamp > 0 && latency >= 0 && latency < longestLatency ? latency : null;
}

/** The event's name: whole events have it as `name`, the orders' mapped payload as `event`. */
function nameOf({ value }: Arrival): string {
  try {
    const content: unknown = JSON.parse(value?.toString() ?? '');
    if (typeof content !== 'object' || content === null) return '–';
    const name = 'event' in content ? content.event : 'name' in content ? content.name : undefined;
    return typeof name === 'string' ? name.slice(0, 64) : '–';
  } catch {
    return '–';
  }
}
