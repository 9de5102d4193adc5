import type { KafkaError } from '../model/errors.ts';
import type { ProducerRecord } from './producer-record.ts';
import { failures, mayBeWritten } from './failures.ts';

/** What the message about a record that ran out of time depends on. */
interface Likeness {
  readonly topic: string;
  readonly blocked: boolean;
  readonly may: boolean;
  readonly reason: string | undefined;
}

/**
 * What the pushes of records that ran out of time in one sweep are told. Those that fail alike share one error: a hundred
 * thousand may expire together, and each error has a stack trace. Nor is there a string for each to tell them apart by.
 */
export class ExpiryErrors {
  readonly #settings: { readonly deliveryTimeout: number; readonly bufferMemory: number };
  readonly #told: { readonly likeness: Likeness; readonly error: KafkaError }[] = [];

  constructor(settings: { readonly deliveryTimeout: number; readonly bufferMemory: number }) {
    this.#settings = settings;
  }

  of(entry: ProducerRecord): KafkaError {
    const alike = this.#told.find(({ likeness }) => isLike(entry, likeness));
    if (alike !== undefined) return alike.error;
    const { deliveryTimeout, bufferMemory } = this.#settings;
    const blocked = entry.state === 'blocked';
    const error = blocked
      ? failures.bufferFull(entry, bufferMemory)
      : failures.deadline(entry, deliveryTimeout);
    const { record, lastError } = entry;
    this.#told.push({
      likeness: { topic: record.topic, blocked, may: mayBeWritten(entry), reason: lastError?.message },
      error,
    });
    return error;
  }
}

function isLike(entry: ProducerRecord, { topic, blocked, may, reason }: Likeness): boolean {
  return (
    entry.record.topic === topic &&
    (entry.state === 'blocked') === blocked &&
    mayBeWritten(entry) === may &&
    entry.lastError?.message === reason
  );
}
