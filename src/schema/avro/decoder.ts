import { exactInteger } from '../numbers.ts';

/** Reads one value. @throws Error where the bytes end too early or cannot be of the type */
export type Read = (decoder: Decoder) => unknown;

/** The limit of protobufjs, too. Without one, damaged bytes of a type that holds itself overflow the stack. */
const maxDepth = 100;

/** Items of some types take no bytes (null). More of them than this in a value are taken for damage. */
const mostWithoutBytes = 1_000;

/** The bytes of one value, read from front to back. */
export class Decoder {
  readonly #bytes: Buffer;
  #position = 0;
  #depth = 0;
  #items = mostWithoutBytes;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#position;
  }

  /** Reads a value inside another one. */
  nested<Result>(read: (decoder: this) => Result): Result {
    this.#depth += 1;
    if (this.#depth > maxDepth) throw new Error(`it is more than ${maxDepth} values deep`);
    const result = read(this);
    this.#depth -= 1;
    return result;
  }

  /** Reads one of many items, and limits how many of them take no bytes. */
  item<Result>(read: (decoder: this) => Result): Result {
    const { left } = this;
    const result = read(this);
    if (this.left === left && --this.#items < 0) throw new Error('it counts more items than it has bytes');
    return result;
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
