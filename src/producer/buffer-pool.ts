import { moveTo, type ProducerRecord } from './producer-record.ts';

/**
 * Bounds the bytes under way by `bufferMemory`. Beyond it, entries queue at the door, first come first served: that
 * is the back-pressure a caller feels, for at most its own deadline. With a spool nobody queues: who finds no room
 * enters without being held, and goes to the disk.
 */
export class BufferPool {
  readonly #capacity: number;
  readonly #enter: (entry: ProducerRecord) => void;
  readonly #queues: boolean;
  #used = 0;
  #queue: ProducerRecord[] = [];
  #head = 0;
  #letting = false;

  constructor(capacity: number, enter: (entry: ProducerRecord) => void, queues = true) {
    this.#capacity = capacity;
    this.#enter = enter;
    this.#queues = queues;
  }

  /** Half of the room is taken: time to let go of what need not be here. */
  get crowded(): boolean {
    return this.#used > this.#capacity / 2;
  }

  get full(): boolean {
    return this.#head < this.#queue.length;
  }

  /**
   * Lets the entry in now, or when there is room.
   * @returns whether there is room now
   */
  admit(entry: ProducerRecord): boolean {
    const room = !this.full && this.#used + entry.bytes <= this.#capacity;
    if (room) this.#let(entry);
    else if (this.#queues) {
      moveTo(entry, 'blocked');
      this.#queue.push(entry);
    } else this.#enter(entry);
    return room;
  }

  /** Lets in an entry that follows from one already inside (a dead letter), which must not wait for itself. */
  admitFollower(entry: ProducerRecord): void {
    this.#let(entry);
  }

  /** Counts an entry that comes from the spool: who fetches it sees to the room. */
  hold(entry: ProducerRecord): void {
    entry.held = true;
    this.#used += entry.bytes;
  }

  /** A settled entry gives its bytes back, if it ever got past the door. */
  leave(entry: ProducerRecord): void {
    if (!entry.held) return;
    entry.held = false;
    this.#used -= entry.bytes;
    if (!this.#letting) this.#letIn();
  }

  /** Who comes in may leave at once, its topic being refused; the line goes on from here then, not from within. */
  #letIn(): void {
    this.#letting = true;
    for (let next = this.#queue[this.#head]; next !== undefined; next = this.#queue[this.#head]) {
      if (next.state !== 'done' && this.#used + next.bytes > this.#capacity) break;
      this.#head++;
      if (next.state !== 'done') this.#let(next);
    }
    this.#letting = false;
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    } else if (this.#head > 1_024 && this.#head * 2 > this.#queue.length) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
  }

  #let(entry: ProducerRecord): void {
    this.hold(entry);
    this.#enter(entry);
  }
}
