import { writeVarint } from '../../model/varint.ts';

/** Writes one value. @throws ValidationError */
export type Write = (value: unknown, encoder: Encoder) => void;

/** Collects the bytes of a value in a buffer that grows. All writers share one: each takes its bytes out before the next begins. */
export class Encoder {
  #bytes = Buffer.allocUnsafeSlow(4096);
  position = 0;
  /** Counts the values written: what a union chose for the objects of one value does not hold for the next. */
  turn = 0;

  begin(frame: Buffer): void {
    this.position = 0;
    this.turn++;
    this.bytes(frame);
  }

  take(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.position));
  }

  byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.position++] = byte;
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.position);
    this.position += bytes.length;
  }

  /** Avro's int and long, of what a number holds exactly. */
  zigzag(value: number): void {
    this.#reserve(10);
    this.position = writeVarint(this.#bytes, this.position, value);
  }

  zigzagBig(value: bigint): void {
    this.#reserve(10);
    let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
    for (; rest > 0x7fn; rest >>= 7n) this.#bytes[this.position++] = Number(rest & 0x7fn) | 0x80;
    this.#bytes[this.position++] = Number(rest);
  }

  float(value: number): void {
    this.#reserve(4);
    this.position = this.#bytes.writeFloatLE(value, this.position);
  }

  double(value: number): void {
    this.#reserve(8);
    this.position = this.#bytes.writeDoubleLE(value, this.position);
  }

  /** Length, then UTF-8. */
  text(text: string): void {
    const { length } = text;
    this.#reserve(length * 3 + 5);
    const start = this.position;
    // Most texts are short and ASCII: for those a loop is quicker than the call into C++.
    if (length < 32) {
      let at = start + 1;
      let index = 0;
      for (; index < length; index++) {
        const code = text.charCodeAt(index);
        if (code > 0x7f) break;
        this.#bytes[at++] = code;
      }
      if (index === length) {
        this.#bytes[start] = length * 2;
        this.position = at;
        return;
      }
    }
    this.zigzag(Buffer.byteLength(text));
    this.position += this.#bytes.write(text, this.position);
  }

  #reserve(count: number): void {
    if (this.position + count <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.position + count));
    grown.set(this.#bytes.subarray(0, this.position));
    this.#bytes = grown;
  }
}
