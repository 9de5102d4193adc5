import { kafkaErrorOf } from '../../model/errors.ts';
import { memo } from '../../model/memo.ts';
import type { StoredRecord } from '../../model/record.ts';
import { partitionOf } from '../../protocol/partitioner.ts';
import { findInSpool, waitingAhead, type SpooledRecord } from '../../spool/find.ts';
import { createReader } from '../../transport/create.ts';
import type { Offsets, OffsetStore, Reader } from '../../transport/port.ts';
import { deadLetterOf, valueOf, type DeadLetter } from '../dead-letters/dead-letter.ts';
import { readTimeout } from '../dead-letters/list.ts';
import { readProgress, type PartitionProgress } from '../dead-letters/progress.ts';
import type { Configured } from '../flow/configured.ts';
import { decoderOf, type Decoded } from '../reading/decode.ts';
import { schemaReaders } from '../reading/schema-readers.ts';
import { counted } from '../terminal.ts';
import { Stopped, untilStopped, unlessStopped } from '../stopping.ts';
import type { RecordBytes, Wanted } from './wanted.ts';

export interface FindRequest {
  readonly wanted: Wanted;
  readonly topics: readonly string[];
  /** Topics whose names begin so are meant, too: nobody knows which there are. */
  readonly prefixes: readonly string[];
  /** Milliseconds since the epoch. Reading begins at the first record of that time, or later. */
  readonly since: number;
  /** Reading ends at the first record of that time, or later. Default: at the end of the topic. */
  readonly until: number | undefined;
  readonly limit: number;
  readonly signal: AbortSignal;
  /** Called for what is found in the topics, as it comes. */
  readonly onStored: (hit: Stored) => Promise<void>;
  readonly onProgress: (done: number, all: number) => void;
  /** Names settings as those call them who read the result. */
  readonly inWords: (message: string) => string;
  /** Called with what an operator should know of how values are shown. */
  readonly onNote: (message: string) => void;
}

interface Hit {
  readonly decoded: Decoded;
  /** Where in the record the id stands. */
  readonly at: string;
}

export interface Stored extends Hit {
  readonly record: StoredRecord;
}

export interface Refused extends Hit {
  readonly deadLetter: DeadLetter;
  /** Whether `resend` has sent it; undefined: the cluster does not tell. */
  readonly resent: boolean | undefined;
}

export interface Spooled extends Hit {
  readonly record: SpooledRecord;
  /** As a dead letter, which waits for its topic. */
  readonly deadLetter: DeadLetter | undefined;
  /** How many older records of its partition wait. */
  readonly ahead: number;
  /** What it waits for; undefined: nothing, the broker refused it. */
  readonly waitsFor: string | undefined;
}

/** What was searched, for an answer that says no more than is known. */
export interface Searched {
  readonly where: string;
  readonly records: number;
  /** The partitions that were read, of all; undefined for a spool. */
  readonly partitions?: { readonly read: readonly number[]; readonly all: number };
  /** Whether nothing older is left in the topic. */
  readonly whole: boolean;
  /** Ended by the signal before its end. */
  readonly stopped?: true;
}

export interface FindResult {
  readonly stored: readonly Stored[];
  readonly deadLetters: readonly Refused[];
  readonly spooled: readonly Spooled[];
  readonly searched: readonly Searched[];
  /** What could not be searched, or is not known, and why. */
  readonly notSearched: readonly { readonly where: string; readonly reason: string }[];
  /** Whether the limit has cut something off. */
  readonly more: boolean;
  readonly stopped: boolean;
}

interface Range {
  readonly topic: string;
  readonly from: Offsets;
  readonly until: Offsets;
  readonly firsts: Offsets;
  readonly ends: Offsets;
}

/** Looks for records of a flow wherever they can be. Changes nothing. Ends early, without an error, at `signal`. */
export async function find(configured: Configured, request: FindRequest): Promise<FindResult> {
  const ports = await createReader(configured.options.connection);
  try {
    return await new Search(configured, request, ports).run();
  } finally {
    await ports.reader.close();
  }
}

class Search {
  readonly #configured: Configured;
  readonly #request: FindRequest;
  readonly #reader: Reader;
  readonly #offsetStore: OffsetStore;
  readonly #decoderOf = memo((topic: string) => {
    const { signal, onNote } = this.#request;
    const readers = schemaReaders(this.#configured.registries, topic, signal, onNote);
    return decoderOf({ readers, onUndecoded: ({ message }) => onNote(`${message} Shown as bytes.`) });
  });
  readonly #stored: Stored[] = [];
  readonly #deadLetters: Refused[] = [];
  readonly #spooled: Omit<Spooled, 'waitsFor'>[] = [];
  readonly #searched: Searched[] = [];
  readonly #notSearched: { where: string; reason: string }[] = [];
  readonly #troubles = new Map<string, string>();
  #spoolIsOpen = false;
  #left: number;
  #done = 0;
  #all = 0;

  constructor(
    configured: Configured,
    request: FindRequest,
    { reader, offsetStore }: { readonly reader: Reader; readonly offsetStore: OffsetStore },
  ) {
    this.#configured = configured;
    this.#request = request;
    this.#reader = reader;
    this.#offsetStore = offsetStore;
    this.#left = request.limit;
  }

  /** The spool costs nothing, and dead letters are few: what takes long comes last. */
  async run(): Promise<FindResult> {
    const { topics, prefixes, signal } = this.#request;
    for (const prefix of prefixes)
      this.#notSearched.push({
        where: `topics that begin with "${prefix}"`,
        reason: 'their names are not known: name them with --topic',
      });
    const dead = this.#configured.options.deadLetter?.topic;
    const ofFlow = [...topics, ...(dead === undefined ? [] : [dead])];
    try {
      await this.#spool();
      const waiting = this.#spooled.map(({ record }) => record.topic);
      const named = [...new Set([...ofFlow, ...waiting])];
      const found = await unlessStopped(Promise.all(named.map((topic) => this.#range(topic))), signal);
      const ranges = found.filter((range) => range !== undefined);
      const ofDead = ranges.find(({ topic }) => topic === dead);
      const others = ranges.filter(({ topic }) => topics.includes(topic) && topic !== dead);
      this.#all = [...others, ...(ofDead ? [ofDead] : [])].reduce((sum, range) => sum + sizeOf(range), 0);
      if (ofDead !== undefined && this.#left >= 0) await this.#deadLettersOf(ofDead);
      for (const range of others) if (this.#left >= 0) await this.#topic(range);
    } catch (thrown) {
      if (!(thrown instanceof Stopped)) throw thrown;
      const told = new Set([...this.#searched.map(({ where }) => where), ...this.#troubles.keys()]);
      for (const topic of new Set(ofFlow))
        if (!told.has(topic)) this.#notSearched.push({ where: `topic "${topic}"`, reason: 'stopped' });
    }
    return {
      stored: this.#stored,
      deadLetters: this.#deadLetters,
      spooled: this.#spooled.map((hit) => ({ ...hit, waitsFor: this.#waitsFor(hit) })),
      searched: this.#searched,
      notSearched: this.#notSearched,
      more: this.#left < 0,
      stopped: signal.aborted,
    };
  }

  async #spool(): Promise<void> {
    const { spool } = this.#configured.options;
    if (spool === undefined) return;
    const { wanted, signal } = this.#request;
    try {
      const { searched, isOpen } = await findInSpool(spool.path, wanted, async (record) => {
        if (signal.aborted) return false;
        const deadLetter = deadLetterOf(likeStored(record));
        const bytes = deadLetter ? opened(deadLetter) : likeStored(record);
        return this.#take(record.topic, bytes, async (hit) => {
          this.#spooled.push({ ...hit, record, deadLetter, ahead: await waitingAhead(spool.path, record) });
        });
      });
      this.#spoolIsOpen = isOpen;
      const stopped = signal.aborted && { stopped: true as const };
      this.#searched.push({ where: spool.path, records: searched, whole: true, ...stopped });
    } catch (thrown) {
      this.#failed(spool.path, thrown);
    }
  }

  async #range(topic: string): Promise<Range | undefined> {
    const { since, until, wanted } = this.#request;
    const isDead = topic === this.#configured.options.deadLetter?.topic;
    try {
      const [firsts, ends, from, to] = await Promise.all([
        this.#reader.offsets(topic, 'first'),
        this.#reader.offsets(topic, 'end'),
        this.#reader.offsets(topic, since),
        // A record is refused later than it came.
        this.#reader.offsets(topic, isDead ? 'end' : (until ?? 'end')),
      ]);
      const { key } = wanted;
      const only = key === undefined ? undefined : partitionOf(key, ends.size);
      const chosen = (offsets: Offsets): Offsets =>
        new Map([...offsets].filter(([partition]) => only === undefined || partition === only));
      return { topic, firsts, ends, from: chosen(from), until: chosen(to) };
    } catch (thrown) {
      this.#failed(`topic "${topic}"`, thrown, topic);
      return undefined;
    }
  }

  async #deadLettersOf(range: Range): Promise<void> {
    const { topic, firsts, ends } = range;
    let progress: readonly PartitionProgress[] = [];
    try {
      const reading = readProgress(topic, firsts, ends, this.#offsetStore);
      progress = await unlessStopped(reading, this.#request.signal);
    } catch (thrown) {
      this.#failed('what was re-sent', thrown);
    }
    const byPartition = new Map(progress.map((one) => [one.partition, one.progress]));
    await this.#read(range, async (stored) => {
      const deadLetter = deadLetterOf(stored);
      if (deadLetter === undefined) return true;
      return this.#take(deadLetter.topic, opened(deadLetter), (hit) => {
        const resent = byPartition.get(stored.partition)?.isDone(stored.offset);
        this.#deadLetters.push({ ...hit, deadLetter, resent });
      });
    });
  }

  async #topic(range: Range): Promise<void> {
    await this.#read(range, (record) =>
      this.#take(range.topic, record, async (hit) => {
        this.#stored.push({ ...hit, record });
        await this.#request.onStored({ ...hit, record });
      }),
    );
  }

  /** @param each false: no more is wanted */
  async #read(range: Range, each: (record: StoredRecord) => Promise<boolean>): Promise<void> {
    const { topic, from, until, firsts, ends } = range;
    const { signal, onProgress, wanted } = this.#request;
    const positions = new Map(from);
    let records = 0;
    let ended = false;
    // Compressed values are looked at once they are read.
    const isDead = topic === this.#configured.options.deadLetter?.topic;
    try {
      const options = { until, signal, troubleTimeout: readTimeout };
      for await (const batch of untilStopped(this.#reader.read(topic, from, options), signal)) {
        for (const record of batch.records) {
          if (record.offset >= (until.get(record.partition) ?? 0n)) break;
          records += 1;
          if (!isDead && !wanted.mayBe(record)) continue;
          ended = !(await each(record));
          if (ended) break;
        }
        this.#done += Number(batch.next - (positions.get(batch.partition) ?? batch.next));
        positions.set(batch.partition, batch.next);
        onProgress(Math.min(this.#done, this.#all), this.#all);
        if (ended) break;
      }
    } catch (thrown) {
      this.#failed(`topic "${topic}"`, thrown, topic);
    }
    const whole = [...from].every(([partition, offset]) => offset === firsts.get(partition));
    const partitions = { read: [...from.keys()].toSorted((one, other) => one - other), all: ends.size };
    const isStopped =
      signal.aborted && [...until].some(([partition, end]) => (positions.get(partition) ?? end) < end);
    this.#searched.push({ where: topic, records, partitions, whole, ...(isStopped && { stopped: true }) });
    if (signal.aborted) throw new Stopped();
  }

  /** Keeps a record if it is wanted. @returns false: it is one more than was wanted */
  async #take(
    topic: string,
    record: RecordBytes,
    keep: (hit: Hit) => void | Promise<void>,
  ): Promise<boolean> {
    const { wanted } = this.#request;
    if (!wanted.mayBe(record)) return true;
    const decoded = await this.#decoderOf(topic)(record);
    const at = wanted.placeIn(record, decoded);
    if (at === undefined) return true;
    this.#left -= 1;
    if (this.#left < 0) return false;
    await keep({ decoded, at });
    return true;
  }

  #waitsFor({ record: { topic, refused }, ahead }: Omit<Spooled, 'waitsFor'>): string | undefined {
    if (refused !== undefined) return undefined;
    const trouble = this.#troubles.get(topic);
    if (trouble !== undefined) return `the cluster: ${trouble}`;
    if (!this.#spoolIsOpen)
      return 'a flow: none has the spool open. Start it, or run "walkeros-kafka spool drain"';
    return ahead > 0
      ? `${counted(ahead, 'older record')} of its partition`
      : 'its turn: the flow that has the spool open sends it';
  }

  #failed(where: string, thrown: unknown, topic?: string): void {
    const reason = this.#request.inWords(kafkaErrorOf(thrown).message);
    this.#notSearched.push({ where, reason });
    if (topic !== undefined) this.#troubles.set(topic, reason);
  }
}

const sizeOf = ({ from, until }: Range): number =>
  [...until].reduce((sum, [partition, end]) => sum + Number(end - (from.get(partition) ?? end)), 0);

/** A record of the spool, in the words of a reader. */
function likeStored({ topic, partition = 0, timestamp, key, value, headers }: SpooledRecord): StoredRecord {
  const list = Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)] as const);
  return { topic, partition, offset: 0n, timestamp, key, value, headers: list };
}

/** The refused record behind a dead letter, its value decompressed. One that cannot be read is taken as it is stored. */
function opened(deadLetter: DeadLetter): RecordBytes {
  const value = valueOf(deadLetter);
  return typeof value === 'string' ? deadLetter.stored : { ...deadLetter.stored, value };
}
