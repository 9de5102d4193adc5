import type { KafkaError } from '../model/errors.ts';
import { deadLetterHeaders, type KafkaRecord } from '../model/record.ts';
import { deadLetterOf, refusalOf, smallerDeadLetter } from './dead-letter.ts';
import { producerErrors } from './errors.ts';
import { createProducerRecord, isUnfinished, type ProducerRecord } from './producer-record.ts';
import type { Shared } from './shared.ts';

/**
 * How a record ends: stored, rejected (to the dead-letter topic, if there is one), expired (to the spool, if there is one), or
 * failed. A record that is done stays as it is: a request may be answered after the deadline has passed.
 */
export class Completion {
  readonly #shared: Shared;
  /** How many records each error has failed, between `holdNotices` and `giveNotices`. */
  #failed: Map<KafkaError, { readonly topic: string; records: number }> | undefined;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  stored(record: ProducerRecord): void {
    if (record.state === 'done') return;
    this.#noticeDeadLetter(record);
    this.#complete(record);
  }

  /** The broker will never take the record: to the dead-letter topic, or back to the caller. */
  reject(record: ProducerRecord, answer: KafkaError): void {
    if (record.state === 'done') return;
    const error = producerErrors.rejected(record, answer);
    const { topic } = record.content;
    const { clock, live, notify, pool, settings, spooled, timeout } = this.#shared;
    const { deadLetterTopic } = settings;
    const content = this.#deadLetterOf(record, answer, error);
    if (content === undefined || deadLetterTopic === undefined) {
      if (record.durability !== 'disk') notify({ kind: 'rejected', topic, error });
      return this.#complete(record, error);
    }
    const deadline = Math.min(record.deadline, clock.now() + timeout);
    const deadLetter = createProducerRecord(live.nextId(), content, deadline, {
      resolve: () => {
        spooled?.complete(record);
        record.callback.resolve();
      },
      reject: (failure) => {
        const fate = this.#isDeadLetter(record.content)
          ? failure
          : producerErrors.deadLetter(record, error, deadLetterTopic, failure);
        spooled?.complete(record, fate);
        record.callback.reject(fate);
      },
    });
    spooled?.deadLettered(record);
    live.replace(record, deadLetter);
    pool.admitDeadLetter(deadLetter);
  }

  /** A dead letter that is rejected itself may have a smaller one. Undefined where there is none. */
  #deadLetterOf(record: ProducerRecord, answer: KafkaError, error: KafkaError): KafkaRecord | undefined {
    const { content, attempts } = record;
    const { deadLetterTopic } = this.#shared.settings;
    if (deadLetterTopic === undefined) return undefined;
    // Of a tombstone that was not resolved there is nothing to keep.
    if (content.resolve !== undefined && content.value === null) return undefined;
    if (!this.#isDeadLetter(content))
      return deadLetterOf(content, error, Math.max(1, attempts), deadLetterTopic, this.#shared.date());
    return answer.code === 'RECORD_TOO_LARGE' ? smallerDeadLetter(content) : undefined;
  }

  /** By its headers too: an event that names the dead-letter topic as its own is refused with that name. */
  #isDeadLetter({ topic, headers }: KafkaRecord): boolean {
    return topic === this.#shared.settings.deadLetterTopic && deadLetterHeaders.topic in headers;
  }

  /** Not the record's fault, but its time or its tries are over: to the spool, or back to the caller. */
  spoolOrFail(record: ProducerRecord, error: KafkaError): void {
    if (record.state === 'done') return;
    const { spooled } = this.#shared;
    if (spooled === undefined || isUnfinished(record)) return this.fail(record, error);
    if (!spooled.persistExpired(record, error)) this.fail(record, producerErrors.spoolSilent(record));
  }

  fail(record: ProducerRecord, error: KafkaError): void {
    if (record.state === 'done') return;
    const { topic } = record.content;
    const failed = this.#failed?.get(error);
    if (failed !== undefined) failed.records++;
    else if (this.#failed !== undefined) this.#failed.set(error, { topic, records: 1 });
    else this.#shared.notify({ kind: 'gave-up', topic, error });
    this.#complete(record, error);
  }

  /**
   * From here to `giveNotices`, records that fail with the same error make one notice. A hundred thousand may expire together,
   * and a log line and a metric for each took half a kilobyte of garbage a record. There are two calls instead of one with a
   * closure: an error keeps the functions of its stack, and with them the expired records they would close over.
   */
  holdNotices(): void {
    this.#failed = new Map();
  }

  giveNotices(): void {
    const failed = this.#failed ?? [];
    this.#failed = undefined;
    for (const [error, { topic, records }] of failed)
      this.#shared.notify({ kind: 'gave-up', topic, error, records });
  }

  /**
   * The producer closes: what the disk has is left to it, and the other records are rejected.
   * @returns how many those are
   */
  close(): number {
    let left = 0;
    const { live, notify } = this.#shared;
    for (const record of live.all()) {
      if (record.durability === 'disk') live.end(record);
      else {
        this.#complete(record, producerErrors.leftBehind(record));
        left++;
      }
    }
    if (left > 0) notify({ kind: 'left-behind', records: left });
    return left;
  }

  #complete(record: ProducerRecord, error?: KafkaError): void {
    const { live, spooled } = this.#shared;
    spooled?.complete(record, error);
    live.end(record, error);
  }

  /** Only what the dead-letter topic has is told as a dead letter: the spool may have had it before, and told its push. */
  #noticeDeadLetter({ content }: ProducerRecord): void {
    const { deadLetterTopic } = this.#shared.settings;
    if (content.topic !== deadLetterTopic) return;
    const refusal = refusalOf(content);
    if (refusal) this.#shared.notify({ kind: 'dead-lettered', deadLetterTopic, ...refusal });
  }
}
