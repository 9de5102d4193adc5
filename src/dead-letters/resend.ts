import { KafkaError } from '../vocabulary/errors.ts';
import type { KafkaRecord } from '../vocabulary/record.ts';
import { letterOf, originalOf, type DeadLetter } from './letter.ts';
import { Place, type Bookmark } from './place.ts';
import { groupOf, patience, type Letters, type Memory, type Send } from './ports.ts';
import { isWanted, type Wanted } from './wanted.ts';

export interface ResendRequest {
  readonly topic: string;
  readonly wanted: Wanted;
  /** Letters that are sent, and then remembered, together: what a killed run may send twice. */
  readonly batch: number;
  /** Ends after so many. */
  readonly limit: number;
  /** Sends and remembers nothing. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, all: number) => void;
  /** Told of each letter that stays, and why. */
  readonly onLeft: (letter: DeadLetter, reason: string) => void;
}

export interface ResendResult {
  /** Letters by the topic that they went to, or would have gone to. */
  readonly sent: ReadonlyMap<string, number>;
  /** Letters that were wanted and could not be sent: they are taken again by the next run. */
  readonly left: number;
  /** Whether it was stopped before it had seen all. */
  readonly stopped: boolean;
}

/** Refusals that another try now would only repeat, for the record or for its whole topic. */
const ofRecord: readonly string[] = ['RECORD_TOO_LARGE', 'RECORD_REJECTED'];
const ofTopic: readonly string[] = ['TOPIC_MISSING', 'TOPIC_INVALID', 'NOT_AUTHORIZED'];

/**
 * Sends dead letters to the topics that refused them, as they were. Each batch is first stored, then remembered: a run that
 * is killed in between sends that one batch again, and no more.
 */
export class Resending {
  readonly #request: ResendRequest;
  readonly #letters: Letters;
  readonly #memory: Memory;
  readonly #send: Send;
  readonly #sent = new Map<string, number>();
  readonly #closedTopics = new Map<string, string>();
  #left = 0;
  #seen = 0;
  #all = 0;

  constructor(request: ResendRequest, letters: Letters, memory: Memory, send: Send) {
    this.#request = request;
    this.#letters = letters;
    this.#memory = memory;
    this.#send = send;
  }

  /** @throws KafkaError as the reader's, when the cluster fails, or RESEND_IN_USE; what was sent is remembered */
  async run(): Promise<ResendResult> {
    const { topic } = this.#request;
    const [firsts, ends] = await Promise.all([
      this.#letters.offsets(topic, 'first'),
      this.#letters.offsets(topic, 'end'),
    ]);
    const bookmarks = await this.#memory.find(groupOf(topic), topic, [...ends.keys()]);
    const places = [...ends].map(([partition, end]) => {
      const bookmark = bookmarks.get(partition);
      return { partition, end, bookmark, place: Place.from(bookmark, firsts.get(partition) ?? 0n, end) };
    });
    this.#all = places.reduce((all, { place, end }) => all + Number(end - place.start), 0);
    for (const { partition, end, bookmark, place } of places) {
      const keeper = new Keeper(topic, partition, bookmark, this.#memory);
      if (!(await this.#partition(partition, end, place, keeper))) return this.#result(true);
    }
    return this.#result(false);
  }

  /** @returns false where it was stopped */
  async #partition(partition: number, end: bigint, place: Place, keeper: Keeper): Promise<boolean> {
    const { topic, batch, limit, signal, wanted } = this.#request;
    const from = new Map([[partition, place.start]]);
    const until = new Map([[partition, end]]);
    let waiting: Waiting[] = [];
    let looked = place.start;
    for await (const { records } of this.#letters.read(topic, from, { until, patience })) {
      for (const stored of records) {
        if (stored.offset >= end) continue;
        this.#seen += Number(stored.offset - looked) + 1;
        looked = stored.offset + 1n;
        if (place.isDone(stored.offset)) continue;
        const letter = letterOf(stored);
        // What somebody else has written here is none of ours.
        if (letter === undefined) place.pass(stored.offset, true);
        else if (!isWanted(wanted, letter)) place.pass(stored.offset, false);
        else {
          const record = originalOf(letter);
          if (typeof record === 'string') this.#leave(place, letter, record);
          else waiting.push({ letter, record });
        }
        if (waiting.length < Math.min(batch, limit - this.#count())) continue;
        await this.#flush(waiting, place, keeper);
        waiting = [];
        if (signal.aborted || this.#count() >= limit) return false;
      }
    }
    await this.#flush(waiting, place, keeper);
    return true;
  }

  async #flush(waiting: readonly Waiting[], place: Place, keeper: Keeper): Promise<void> {
    const { dryRun, onProgress } = this.#request;
    if (dryRun) for (const { record } of waiting) this.#counted(record.topic);
    else {
      const open = waiting.filter(({ letter }) => !this.#isClosed(letter, place));
      if (open.length > 0)
        await keeper.assertReady(
          place,
          open.map(({ letter }) => letter.stored.offset),
        );
      const errors = await this.#send(open.map(({ record }) => record));
      const trouble = open.flatMap((one, index) => this.#conclude(one, errors[index], place) ?? []);
      await keeper.keep(place);
      const [first] = trouble;
      if (first !== undefined) throw first;
    }
    onProgress(Math.min(this.#seen, this.#all), this.#all);
  }

  /** @returns what ends the run: a cluster in trouble is no fault of the letter */
  #conclude(
    { letter, record }: Waiting,
    error: KafkaError | undefined,
    place: Place,
  ): KafkaError | undefined {
    if (error === undefined) {
      place.pass(letter.stored.offset, true);
      this.#counted(record.topic);
      return undefined;
    }
    if (ofTopic.includes(error.code)) this.#closedTopics.set(letter.topic, error.message);
    if (ofTopic.includes(error.code) || ofRecord.includes(error.code)) {
      this.#leave(place, letter, error.message);
      return undefined;
    }
    place.pass(letter.stored.offset, false);
    return error;
  }

  /** A topic that is missing, or closed to us, need not be waited for again with each batch. */
  #isClosed(letter: DeadLetter, place: Place): boolean {
    const reason = this.#closedTopics.get(letter.topic);
    if (reason !== undefined) this.#leave(place, letter, reason);
    return reason !== undefined;
  }

  #leave(place: Place, letter: DeadLetter, reason: string): void {
    place.pass(letter.stored.offset, false);
    this.#left += 1;
    this.#request.onLeft(letter, reason);
  }

  #counted(topic: string): void {
    this.#sent.set(topic, (this.#sent.get(topic) ?? 0) + 1);
  }

  #count(): number {
    return [...this.#sent.values()].reduce((sum, count) => sum + count, 0);
  }

  #result(stopped: boolean): ResendResult {
    return { sent: this.#sent, left: this.#left, stopped };
  }
}

interface Waiting {
  readonly letter: DeadLetter;
  readonly record: KafkaRecord;
}

/** Keeps the place of one partition in the cluster's memory. */
class Keeper {
  readonly #topic: string;
  readonly #partition: number;
  readonly #memory: Memory;
  #last: Bookmark | undefined;

  constructor(topic: string, partition: number, last: Bookmark | undefined, memory: Memory) {
    this.#topic = topic;
    this.#partition = partition;
    this.#last = last;
    this.#memory = memory;
  }

  /**
   * Two at once would send everything twice, and so would a run whose place cannot be kept.
   * @param offsets what is about to be sent
   */
  async assertReady(place: Place, offsets: readonly bigint[]): Promise<void> {
    const then = place.copy();
    for (const offset of offsets) then.pass(offset, true);
    if (then.toBookmark() === undefined) throw this.#tooScattered();
    const kept = await this.#memory.find(groupOf(this.#topic), this.#topic, [this.#partition]);
    const now = kept.get(this.#partition);
    if (now?.offset === this.#last?.offset && now?.note === this.#last?.note) return;
    throw new KafkaError(
      'RESEND_IN_USE',
      `Dead-letter topic "${this.#topic}": another resend is at work on it. Wait for it to end, then run this again.`,
      { topic: this.#topic },
    );
  }

  async keep(place: Place): Promise<void> {
    const bookmark = place.toBookmark();
    if (bookmark === undefined) throw this.#tooScattered();
    await this.#memory.keep(groupOf(this.#topic), this.#topic, new Map([[this.#partition, bookmark]]));
    this.#last = bookmark;
  }

  #tooScattered(): KafkaError {
    return new KafkaError(
      'RESEND_FAILED',
      `Dead-letter topic "${this.#topic}": what was re-sent of partition ${this.#partition} lies too scattered to be ` +
        'remembered. Re-send the older letters first: without a filter, or with one that they fit.',
      { topic: this.#topic },
    );
  }
}
