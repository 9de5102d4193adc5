/** Reads an answer of the broker from its first byte to its last, and never beyond or backwards. */
export class AnswerBytes {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** @throws RangeError as all others do, where the answer ends too early */
  skip(size: number): void {
    if (size < 0 || this.#at + size > this.#bytes.length)
      throw new RangeError(`${size} bytes are claimed, ${this.#bytes.length - this.#at} are left`);
    this.#at += size;
  }

  int16(): number {
    const value = this.#bytes.readInt16BE(this.#at);
    this.#at += 2;
    return value;
  }

  int32(): number {
    const value = this.#bytes.readInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  /** Null: its length is -1. */
  string(): string | null {
    const length = this.int16();
    if (length === -1) return null;
    const start = this.#at;
    this.skip(length);
    return this.#bytes.toString('utf8', start, this.#at);
  }

  /** @param item reads at least one byte, so that a count ends with the answer however large it is */
  list(item: () => void): void {
    for (let left = this.int32(); left > 0; left--) item();
  }
}
