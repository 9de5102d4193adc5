import { exactInteger } from '../integers.ts';

/** Reads one value. @throws Error where the bytes end too early or cannot be of the type */
export type Read = (source: Source) => unknown;

/** The bytes of one value, read from front to back. */
export class Source {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#position;
  }

  byte(): number {
    return this.bytes(1).readUInt8();
  }

  bytes(count: number): Buffer {
    if (count < 0 || count > this.left) throw new Error('it ends too early');
    const start = this.#position;
    this.#position += count;
    return this.#bytes.subarray(start, this.#position);
  }

  /** Avro's int and long. */
  integer(): number | string {
    return exactInteger(this.#zigzag());
  }

  /** A length, a count or a place. */
  size(): number {
    return Number(this.#zigzag());
  }

  float(): number {
    return this.bytes(4).readFloatLE();
  }

  double(): number {
    return this.bytes(8).readDoubleLE();
  }

  #zigzag(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return (value >> 1n) ^ -(value & 1n);
    }
    throw new Error('it has an integer of more than 64 bits');
  }
}
