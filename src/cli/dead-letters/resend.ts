import { errorTraits, type ErrorCode, type KafkaError } from '../../model/errors.ts';
import type { KafkaRecord } from '../../model/record.ts';
import { Claim, claimTiming, type ClaimTiming } from './claim.ts';
import { Keeper } from './keeper.ts';
import { letterOf, originalOf, type DeadLetter } from './letter.ts';
import type { Place } from './place.ts';
import { findPlaces, type PartitionPlace } from './places.ts';
import { patience, type Finish, type Letters, type Memory, type Send } from './ports.ts';
import { isWanted, type Wanted } from './wanted.ts';

export interface ResendRequest {
  readonly topic: string;
  readonly wanted: Wanted;
  /** Why nothing is sent to this topic, as a sentence; undefined where it may be. */
  readonly closed: (topic: string) => string | undefined;
  /** Letters that are sent, and then remembered, together: what a killed run may send twice. */
  readonly batch: number;
  /** Ends after so many. */
  readonly limit: number;
  /** Sends and remembers nothing. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, all: number) => void;
  /** Told of each letter that stays, and why; with a code where its topic refused it. */
  readonly onLeft: (letter: DeadLetter, reason: string, code: ErrorCode | undefined) => void;
  /** Told where another run may be at work: so many ms are taken at most to find out. */
  readonly onOther: (ms: number) => void;
}

/** Where the letters are, what remembers them, and how they go. */
export interface ResendPorts {
  readonly letters: Letters;
  readonly memory: Memory;
  readonly finish: Finish;
  readonly send: Send;
}

export interface ResendResult {
  /** Letters by the topic that they went to, or would have gone to. */
  readonly sent: ReadonlyMap<string, number>;
  /** Letters that were wanted and could not be sent: they are taken again by the next run. */
  readonly left: number;
  /** Whether it was stopped before it had seen all. */
  readonly stopped: boolean;
}

/** Values of letters may be compressed: so many bytes are sent before more is taken into memory. */
const largestBatch = 64 * 1024 * 1024;

/**
 * Sends dead letters to the topics that refused them, as they were. Each batch is first stored, then remembered: a run that
 * is killed in between sends that one batch again, and no more.
 */
export class Resending {
  readonly #request: ResendRequest;
  readonly #ports: ResendPorts;
  readonly #timing: ClaimTiming;
  readonly #sent = new Map<string, number>();
  readonly #closedTopics = new Map<string, KafkaError>();
  #left = 0;
  #seen = 0;
  #all = 0;

  constructor(request: ResendRequest, ports: ResendPorts, timing: ClaimTiming = claimTiming) {
    this.#request = request;
    this.#ports = ports;
    this.#timing = timing;
  }

  /**
   * @throws KafkaError as the reader's, when the cluster fails, RESEND_IN_USE while another run is at work, or RESEND_FAILED
   *   where it cannot be remembered what was sent; all that was sent until then is remembered
   */
  async run(): Promise<ResendResult> {
    const { topic, signal, dryRun, onOther } = this.#request;
    const { letters, memory } = this.#ports;
    if (signal.aborted) return this.#result(true);
    const [firsts, ends] = await Promise.all([
      letters.offsets(topic, 'first'),
      letters.offsets(topic, 'end'),
    ]);
    const places = await this.#places(firsts, ends);
    // The claim stands where every run looks for it.
    const [home] = places;
    if (home === undefined || dryRun || this.#all === 0) return this.#each(places, undefined);
    const nothing = { offset: firsts.get(home.partition) ?? 0n, note: '' };
    const claim = new Claim(topic, home.partition, nothing, memory, this.#timing);
    try {
      if (!(await claim.take(signal, onOther))) return this.#result(true);
      // Another run may have gone on until the claim was ours.
      return await this.#each(await this.#places(firsts, ends), claim);
    } finally {
      await claim.release();
    }
  }

  async #places(
    firsts: ReadonlyMap<number, bigint>,
    ends: ReadonlyMap<number, bigint>,
  ): Promise<PartitionPlace[]> {
    const places = await findPlaces(this.#request.topic, firsts, ends, this.#ports.memory);
    this.#all = places.reduce((all, { place, end }) => all + Number(end - place.start), 0);
    return places;
  }

  async #each(places: readonly PartitionPlace[], claim: Claim | undefined): Promise<ResendResult> {
    for (const one of places) {
      const keeper = claim && new Keeper(this.#request.topic, one, claim, this.#closedTopics);
      if (!(await this.#partition(one, keeper))) return this.#result(true);
    }
    return this.#result(false);
  }

  /** @returns false where it was stopped; what was not sent then is not remembered as looked at either */
  async #partition({ partition, end, place }: PartitionPlace, keeper: Keeper | undefined): Promise<boolean> {
    const { topic, batch, limit, signal, wanted } = this.#request;
    const from = new Map([[partition, place.start]]);
    const until = new Map([[partition, end]]);
    let waiting: Waiting[] = [];
    let bytes = 0;
    let looked = place.start;
    for await (const { records } of this.#ports.letters.read(topic, from, { until, patience, signal })) {
      for (const stored of records) {
        if (signal.aborted) return false;
        if (stored.offset >= end) continue;
        this.#seen += Number(stored.offset - looked) + 1;
        looked = stored.offset + 1n;
        if (place.isDone(stored.offset)) continue;
        const letter = letterOf(stored);
        // What somebody else has written here is none of ours.
        if (letter === undefined) place.pass(stored.offset, true);
        else if (!isWanted(wanted, letter)) place.pass(stored.offset, false);
        else {
          const record = this.#request.closed(letter.topic) ?? originalOf(letter);
          if (typeof record === 'string') this.#leave(place, letter, record);
          else {
            waiting.push({ letter, record });
            bytes += record.value.length;
          }
        }
        if (bytes < largestBatch && waiting.length < Math.min(batch, limit - this.#count())) continue;
        await this.#flush(waiting, place, keeper);
        waiting = [];
        bytes = 0;
        if (this.#count() >= limit) return false;
      }
    }
    if (signal.aborted) return false;
    await this.#flush(waiting, place, keeper);
    return true;
  }

  async #flush(waiting: readonly Waiting[], place: Place, keeper: Keeper | undefined): Promise<void> {
    const { onProgress } = this.#request;
    const ready = await this.#finished(
      waiting.filter(({ letter }) => !this.#isClosed(letter, place)),
      place,
    );
    if (keeper === undefined) for (const { record } of ready) this.#counted(record.topic);
    else {
      const offsets = ready.map(({ letter }) => letter.stored.offset);
      if (offsets.length > 0) await keeper.assertReady(place, offsets);
      const errors = await this.#ports.send(ready.map(({ record }) => record));
      const trouble = ready.flatMap((one, index) => this.#conclude(one, errors[index], place) ?? []);
      await keeper.keep(place);
      const [first] = trouble;
      if (first !== undefined) throw first;
    }
    onProgress(Math.min(this.#seen, this.#all), this.#all);
  }

  /** Those that have the form of their topic; the others stay. */
  async #finished(waiting: readonly Waiting[], place: Place): Promise<Waiting[]> {
    const finished = await Promise.all(
      waiting.map(async ({ letter, record }) => ({
        letter,
        record: await this.#ports.finish(letter, record),
      })),
    );
    return finished.flatMap(({ letter, record }) => {
      if (typeof record !== 'string') return [{ letter, record }];
      this.#leave(place, letter, record);
      return [];
    });
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
    // Another try now would only repeat what was said of the record, or of its whole topic.
    const { scope } = errorTraits(error.code);
    if (scope === 'topic') this.#closedTopics.set(letter.topic, error);
    if (scope === 'topic' || scope === 'record') {
      this.#leave(place, letter, error);
      return undefined;
    }
    place.pass(letter.stored.offset, false);
    return error;
  }

  /** A topic that is missing, or closed to us, need not be waited for again with each batch. */
  #isClosed(letter: DeadLetter, place: Place): boolean {
    const error = this.#closedTopics.get(letter.topic);
    if (error !== undefined) this.#leave(place, letter, error);
    return error !== undefined;
  }

  #leave(place: Place, letter: DeadLetter, why: KafkaError | string): void {
    place.pass(letter.stored.offset, false);
    this.#left += 1;
    const [reason, code] = typeof why === 'string' ? [why, undefined] : [why.message, why.code];
    this.#request.onLeft(letter, reason, code);
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
