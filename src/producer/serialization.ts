import type { KafkaError } from '../model/errors.ts';
import type { Clock } from './clock.ts';
import { moveTo, type ProducerRecord } from './producer-record.ts';

export interface SerializationHooks {
  /** The record is in its final form: on it goes. */
  pass(entry: ProducerRecord): void;
  /** It never will be. */
  refuse(entry: ProducerRecord, error: KafkaError): void;
  /** It would have to wait, and there is no memory for it. */
  noRoom(entry: ProducerRecord): void;
  /** An id that is younger than all others: ids are in the order in which records enter their lanes. */
  nextId(): number;
}

/**
 * Where records wait whose value is not in its final form yet, and with them every later record of the same topic and
 * key, for else those would overtake. Other keys pass.
 */
export class Serialization {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #hooks: SerializationHooks;
  /** First in, first out, by topic and key. */
  readonly #queues = new Map<string, ProducerRecord[]>();

  constructor(clock: Pick<Clock, 'now'>, hooks: SerializationHooks) {
    this.#clock = clock;
    this.#hooks = hooks;
  }

  /** Passes the entry on, now or when its turn comes. */
  take(entry: ProducerRecord): void {
    if (entry.record.pending === undefined && this.#queues.size === 0) return this.#hooks.pass(entry);
    const line = lineOf(entry);
    const queue = this.#queues.get(line);
    if (queue === undefined && this.#leaves(entry)) return;
    if (!entry.held) return this.#hooks.noRoom(entry);
    moveTo(entry, 'awaiting-schema');
    if (queue !== undefined) queue.push(entry);
    else {
      this.#queues.set(line, [entry]);
      this.#await(entry, line);
    }
  }

  /** Lets those go on who stood behind one whose time is over. */
  sweep(): void {
    for (const [line, [head]] of this.#queues) if (head?.state === 'done') this.#advance(line);
  }

  #advance(line: string): void {
    const queue = this.#queues.get(line);
    if (queue === undefined) return;
    let gone = 0;
    // Who leaves may make room for others at the door, who then queue up here.
    for (let head = queue[gone]; head !== undefined; head = queue[gone]) {
      if (head.state !== 'done' && !this.#leaves(head)) {
        queue.splice(0, gone);
        return this.#await(head, line);
      }
      gone++;
    }
    this.#queues.delete(line);
  }

  /** @returns false where the entry has to wait on */
  #leaves(entry: ProducerRecord): boolean {
    const { pending } = entry.record;
    if (pending !== undefined) {
      try {
        const record = pending.finish(entry.record);
        if (record === undefined) return false;
        entry.record = record;
      } catch (thrown) {
        // As a dead letter it is what it is now.
        entry.record = { ...entry.record, pending: undefined };
        // Pending promises KafkaErrors.
        this.#hooks.refuse(entry, thrown as KafkaError);
        return true;
      }
    }
    if (entry.state === 'awaiting-schema') entry.id = this.#hooks.nextId();
    this.#hooks.pass(entry);
    return true;
  }

  #await(head: ProducerRecord, line: string): void {
    const patience = head.deadline - this.#clock.now();
    // What has no time left is settled by the next sweep, which calls the others.
    if (patience <= 0) return;
    void head.record.pending?.moved(patience).then(() => {
      if (this.#queues.get(line)?.[0] === head) this.#advance(line);
    });
  }
}

/** A topic's name holds no colon. */
const lineOf = ({ record }: ProducerRecord): string => `${record.topic}:${record.key.toString('latin1')}`;
