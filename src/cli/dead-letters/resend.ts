import { writesTo } from '../../config/mapping.ts';
import { errorTraits, KafkaError, type ErrorCode } from '../../model/errors.ts';
import type { KafkaRecord } from '../../model/record.ts';
import { createReader } from '../../transport/create.ts';
import type { OffsetStore, Offsets, FetchedBatch, Reader } from '../../transport/port.ts';
import { openProducer } from '../delivery/open-producer.ts';
import type { Configured } from '../flow/configured.ts';
import { Stopped, unlessStopped } from '../stopping.ts';
import {
  deadLetterOf,
  matches,
  originalOf,
  unfinished,
  type DeadLetter,
  type DeadLetterFilter,
} from './dead-letter.ts';
import { Lease, leaseTiming, type LeaseTiming } from './lease.ts';
import { deadLetterTopic, readTimeout } from './list.ts';
import { readProgress, type PartitionProgress, type Progress } from './progress.ts';
import { deadLetterValues, type Finish } from './values.ts';

export interface ResendRequest {
  readonly topic: string;
  readonly filter: DeadLetterFilter;
  /** @returns a sentence that says why nothing may be sent to this topic; undefined if it may */
  readonly closed: (topic: string) => string | undefined;
  /** So many are sent, and then committed, together: a killed run may send them twice. */
  readonly batch: number;
  readonly limit: number;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, all: number) => void;
  /** Called for each dead letter that stays, with the reason, and with a code if its topic refused it. */
  readonly onLeft: (deadLetter: DeadLetter, reason: string, code: ErrorCode | undefined) => void;
  /** Called if another run may be at work, with the longest time it takes to find out, in ms. */
  readonly onOther: (ms: number) => void;
}

export interface ResendPorts {
  readonly reader: Pick<Reader, 'offsets'> & {
    read(
      ...request: Parameters<Reader['read']>
    ): AsyncGenerator<Pick<FetchedBatch, 'records'>, void, undefined>;
  };
  readonly offsetStore: OffsetStore;
  readonly finish: Finish;
  /** @returns for each record in turn: undefined once it is stored, else why it is not */
  readonly send: (records: readonly KafkaRecord[]) => Promise<(KafkaError | undefined)[]>;
}

export interface ResendResult {
  /** How many went, or would have gone, to each topic. */
  readonly sent: ReadonlyMap<string, number>;
  /** How many match the filter and could not be sent: the next run takes them again. */
  readonly left: number;
  readonly stopped: boolean;
}

/** Long enough for an election; a command may take its time. Milliseconds. */
const deliveryTimeout = 60_000;

/** Re-sends the dead letters of a destination, through the same producer as events. @throws KafkaError as `Resend.run` */
export async function resendDeadLetters(
  configured: Configured,
  request: Omit<ResendRequest, 'topic' | 'closed'>,
): Promise<ResendResult> {
  const topic = deadLetterTopic(configured);
  const { reader, offsetStore } = await createReader(configured.options.connection);
  // A dead letter that is refused again stays where it is.
  const settings = { deliveryTimeout, deadLetterTopic: undefined, spool: undefined };
  const { producer, close } = await openProducer(configured.options, settings, () => undefined);
  const values = deadLetterValues(configured, { dryRun: request.dryRun });
  const ports: ResendPorts = {
    reader: {
      // Only these questions come before anything is sent: later ones must not be abandoned.
      offsets: (of, at) => unlessStopped(reader.offsets(of, at), request.signal),
      read: (of, from, options) => reader.read(of, from, options),
    },
    offsetStore,
    finish: values.finish,
    send: (records) => producer.sendAll(records),
  };
  const closed = closedTopics(configured, request.filter);
  try {
    return await new Resend({ ...request, topic, closed }, ports).run();
  } catch (thrown) {
    if (thrown instanceof Stopped) return { sent: new Map(), left: 0, stopped: true };
    throw thrown;
  } finally {
    values.close();
    await producer.close(0);
    await Promise.all([close(), reader.close()]);
  }
}

/**
 * A dead letter names the topic that refused it, and whoever may write into the dead-letter topic can name any topic: `resend`
 * would write there with the rights of the flow.
 */
function closedTopics(
  { path, topics, options, mapping }: Configured,
  filter: DeadLetterFilter,
): ResendRequest['closed'] {
  const writes = writesTo(options.topic, mapping);
  return (topic) =>
    topics.has(topic) || writes(topic) || topic === filter.topic
      ? undefined
      : `${path} writes no events to this topic, so the letter may be forged: add --topic ${JSON.stringify(topic)} to send it there all the same`;
}

/** Values may be compressed: a batch ends at so many bytes, so that memory stays bounded. */
const largestBatch = 64 * 1024 * 1024;

interface Pending {
  readonly deadLetter: DeadLetter;
  readonly record: KafkaRecord;
}

/**
 * Sends dead letters to the topics that refused them, as they were. Each batch is first stored, then committed as done: a run
 * that is killed in between sends that one batch again, and no more.
 */
export class Resend {
  readonly #request: ResendRequest;
  readonly #ports: ResendPorts;
  readonly #timing: LeaseTiming;
  readonly #sent = new Map<string, number>();
  readonly #closedTopics = new Map<string, KafkaError>();
  #left = 0;
  #seen = 0;
  #all = 0;

  constructor(request: ResendRequest, ports: ResendPorts, timing: LeaseTiming = leaseTiming) {
    this.#request = request;
    this.#ports = ports;
    this.#timing = timing;
  }

  /**
   * @throws KafkaError as the reader's, when the cluster fails, RESEND_IN_USE while another run is at work, or RESEND_FAILED
   *   if progress cannot be committed; all that was sent until then is
   */
  async run(): Promise<ResendResult> {
    const { topic, signal, dryRun, onOther } = this.#request;
    const { reader, offsetStore } = this.#ports;
    if (signal.aborted) return this.#result(true);
    const [firsts, ends] = await Promise.all([reader.offsets(topic, 'first'), reader.offsets(topic, 'end')]);
    const partitions = await this.#progress(firsts, ends);
    // Every run looks for the lease on the first partition.
    const [first] = partitions;
    if (first === undefined || dryRun || this.#all === 0) return this.#each(partitions, undefined);
    const initial = { offset: firsts.get(first.partition) ?? 0n, note: '' };
    const lease = new Lease(topic, first.partition, initial, offsetStore, this.#timing);
    try {
      if (!(await lease.take(signal, onOther))) return this.#result(true);
      // Another run may have gone on until the lease was ours.
      return await this.#each(await this.#progress(firsts, ends), lease);
    } finally {
      await lease.release();
    }
  }

  async #progress(firsts: Offsets, ends: Offsets): Promise<PartitionProgress[]> {
    const partitions = await readProgress(this.#request.topic, firsts, ends, this.#ports.offsetStore);
    this.#all = partitions.reduce((all, { progress, end }) => all + Number(end - progress.start), 0);
    return partitions;
  }

  async #each(partitions: readonly PartitionProgress[], lease: Lease | undefined): Promise<ResendResult> {
    for (const one of partitions) if (!(await this.#partition(one, lease))) return this.#result(true);
    return this.#result(false);
  }

  /** @returns false if it was stopped; what was not sent by then does not count as looked at */
  async #partition(one: PartitionProgress, lease: Lease | undefined): Promise<boolean> {
    const { partition, end, progress } = one;
    const { topic, batch, limit, signal, filter } = this.#request;
    const from = new Map([[partition, progress.start]]);
    const options = { until: new Map([[partition, end]]), troubleTimeout: readTimeout, signal };
    let pending: Pending[] = [];
    let bytes = 0;
    let looked = progress.start;
    let { committed } = one;
    const flush = async (): Promise<void> => {
      const ready = await this.#ready(pending, progress);
      pending = [];
      bytes = 0;
      if (lease === undefined) for (const { record } of ready) this.#counted(record.topic);
      else {
        await this.#assertReady(ready, partition, progress, lease);
        const errors = await this.#ports.send(ready.map(({ record }) => record));
        const [trouble] = ready.flatMap((one, index) => this.#complete(one, errors[index], progress) ?? []);
        const committedOffset = progress.toCommittedOffset() ?? this.#tooScattered(partition);
        if (committedOffset.offset !== committed?.offset || committedOffset.note !== committed.note)
          await lease.commit(partition, committedOffset);
        committed = committedOffset;
        if (trouble !== undefined) throw trouble;
      }
      this.#request.onProgress(Math.min(this.#seen, this.#all), this.#all);
    };

    for await (const { records } of this.#ports.reader.read(topic, from, options)) {
      for (const stored of records) {
        if (signal.aborted) return false;
        if (stored.offset >= end) continue;
        this.#seen += Number(stored.offset - looked) + 1;
        looked = stored.offset + 1n;
        if (progress.isDone(stored.offset)) continue;
        const deadLetter = deadLetterOf(stored);
        // A record of another program is no dead letter.
        if (deadLetter === undefined) progress.pass(stored.offset, true);
        else if (!matches(filter, deadLetter)) progress.pass(stored.offset, false);
        else {
          const record =
            unfinished(deadLetter) ?? this.#request.closed(deadLetter.topic) ?? originalOf(deadLetter);
          if (typeof record === 'string') this.#leave(progress, deadLetter, record);
          else {
            pending.push({ deadLetter, record });
            bytes += record.value?.length ?? 0;
          }
        }
        if (bytes < largestBatch && pending.length < Math.min(batch, limit - this.#count())) continue;
        await flush();
        if (this.#count() >= limit) return false;
      }
    }
    if (signal.aborted) return false;
    await flush();
    return true;
  }

  /** Two runs at once would send everything twice, and so would a run that cannot commit. */
  async #assertReady(
    ready: readonly Pending[],
    partition: number,
    progress: Progress,
    lease: Lease,
  ): Promise<void> {
    if (ready.length === 0) return;
    const after = progress.copy();
    for (const { deadLetter } of ready) after.pass(deadLetter.stored.offset, true);
    if (after.toCommittedOffset() === undefined) this.#tooScattered(partition);
    await lease.assertOurs();
  }

  /** Those whose topic takes records, and that have the form of their topic; the others stay. */
  async #ready(pending: readonly Pending[], progress: Progress): Promise<Pending[]> {
    const open = pending.filter(({ deadLetter }) => {
      // A topic that is missing, or closed to us, is not waited for again with each batch.
      const error = this.#closedTopics.get(deadLetter.topic);
      if (error !== undefined) this.#leave(progress, deadLetter, error);
      return error === undefined;
    });
    const finished = await Promise.all(
      open.map(async ({ deadLetter, record }) => ({
        deadLetter,
        record: await this.#ports.finish(deadLetter, record),
      })),
    );
    return finished.flatMap(({ deadLetter, record }) => {
      if (typeof record !== 'string') return [{ deadLetter, record }];
      this.#leave(progress, deadLetter, record);
      return [];
    });
  }

  /** @returns an error that ends the run: the cluster is in trouble, and the dead letter is not its cause */
  #complete(
    { deadLetter, record }: Pending,
    error: KafkaError | undefined,
    progress: Progress,
  ): KafkaError | undefined {
    if (error === undefined) {
      progress.pass(deadLetter.stored.offset, true);
      this.#counted(record.topic);
      return undefined;
    }
    // Another try now would only repeat the answer about the record, or about its whole topic.
    const { scope } = errorTraits(error.code);
    if (scope === 'topic') this.#closedTopics.set(deadLetter.topic, error);
    if (scope === 'topic' || scope === 'record') {
      this.#leave(progress, deadLetter, error);
      return undefined;
    }
    progress.pass(deadLetter.stored.offset, false);
    return error;
  }

  #leave(progress: Progress, deadLetter: DeadLetter, why: KafkaError | string): void {
    progress.pass(deadLetter.stored.offset, false);
    this.#left += 1;
    const [reason, code] = typeof why === 'string' ? [why, undefined] : [why.message, why.code];
    this.#request.onLeft(deadLetter, reason, code);
  }

  /** @throws KafkaError RESEND_FAILED that names what is in the way */
  #tooScattered(partition: number): never {
    const { topic } = this.#request;
    const [closed] = this.#closedTopics;
    const way =
      closed === undefined
        ? 'Re-send those first, without the filter that leaves them behind, or mend what they stay for.'
        : `Those for "${closed[0]}" stay because of this: ${closed[1].message} Mend that first, then run this again; a filter does not help.`;
    throw new KafkaError(
      'RESEND_FAILED',
      `Dead-letter topic "${topic}": what was re-sent of partition ${partition} lies too scattered to be ` +
        `remembered, between tens of thousands of letters that stay. ${way}`,
      { topic },
    );
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
