import { moveTo, type ProducerRecord } from './producer-record.ts';

/**
 * Bounds the bytes under way by `bufferMemory`. Records beyond it are blocked, first come first served: that is the
 * back-pressure a caller feels, until the deadline of its own record. With a spool no record is blocked: one that finds no
 * room goes to the disk.
 */
export class BufferPool {
  readonly #capacity: number;
  #used = 0;
  #blocked: ProducerRecord[] = [];
  #head = 0;
  #deadLetters: ProducerRecord[] = [];
  #onAdmissible: (() => void) | undefined;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Half of the room is taken: time to unload what need not be in memory. */
  get crowded(): boolean {
    return this.#used > this.#capacity / 2;
  }

  /** @returns false where there is no room for the record, or others wait for it already */
  admit(record: ProducerRecord): boolean {
    if (this.#hasBlocked || this.#used + record.bytes > this.#capacity) return false;
    this.hold(record);
    return true;
  }

  /** The record waits for room. `takeAdmissible` has it when its turn comes. */
  block(record: ProducerRecord): void {
    moveTo(record, 'blocked');
    this.#blocked.push(record);
  }

  /** Admits a dead letter beyond `bufferMemory`: it must not wait for the room of its own record. */
  admitDeadLetter(record: ProducerRecord): void {
    this.hold(record);
    this.#deadLetters.push(record);
    this.#wake();
  }

  /** Counts a record, whether there is room or not. */
  hold(record: ProducerRecord): void {
    record.held = true;
    this.#used += record.bytes;
  }

  /** The record gives its bytes back, if it ever held any. */
  release(record: ProducerRecord): void {
    if (!record.held) return;
    record.held = false;
    this.#used -= record.bytes;
    if (this.#hasBlocked) this.#wake();
  }

  /** Resolves when `takeAdmissible` may have something, which it had not when this was called. */
  admissible(): Promise<void> {
    return new Promise((resolve) => (this.#onAdmissible = resolve));
  }

  /** Takes the dead letters, and as many blocked records as there is room for. They hold their bytes. */
  takeAdmissible(): ProducerRecord[] {
    const admitted = this.#deadLetters;
    this.#deadLetters = [];
    for (let next = this.#blocked[this.#head]; next !== undefined; next = this.#blocked[this.#head]) {
      if (next.state !== 'done') {
        if (this.#used + next.bytes > this.#capacity) break;
        this.hold(next);
        admitted.push(next);
      }
      this.#head++;
    }
    if (!this.#hasBlocked) {
      this.#blocked = [];
      this.#head = 0;
    } else if (this.#head > 1_024 && this.#head * 2 > this.#blocked.length) {
      this.#blocked.splice(0, this.#head);
      this.#head = 0;
    }
    return admitted;
  }

  get #hasBlocked(): boolean {
    return this.#head < this.#blocked.length;
  }

  #wake(): void {
    this.#onAdmissible?.();
    this.#onAdmissible = undefined;
  }
}
