import { endianness } from 'node:os';

/**
 * CRC-32C (Castagnoli), which Kafka puts over each record batch. Node's `zlib.crc32` is another polynomial, and native
 * add-ons do not survive bundling. Sixteen bytes a step, as "slicing-by-16": as fast as the WebAssembly that
 * @platformatic/kafka brings, without loading it.
 *
 * @param previous the sum of the bytes before these, where they are in pieces
 */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  const { buffer, byteOffset, length } = bytes;
  if (length < 32 || !littleEndian) return ~bytewise(bytes, 0, length, ~previous) >>> 0;
  // Four bytes at once can be read only at addresses that are multiples of four.
  const wordsAt = -byteOffset & 3;
  const words = new Int32Array(buffer, byteOffset + wordsAt, ((length - wordsAt) >> 4) << 2);
  let crc = bytewise(bytes, 0, wordsAt, ~previous);
  for (let at = 0; at < words.length; at += 4) {
    const a = (words[at] ?? 0) ^ crc;
    const b = words[at + 1] ?? 0;
    const c = words[at + 2] ?? 0;
    const d = words[at + 3] ?? 0;
    crc =
      step(t15, t14, t13, t12, a) ^
      step(t11, t10, t9, t8, b) ^
      step(t7, t6, t5, t4, c) ^
      step(t3, t2, t1, t0, d);
  }
  return ~bytewise(bytes, wordsAt + words.byteLength, length, crc) >>> 0;
}

/** What the four bytes of a word do to the sum, its lowest being the first. */
function step(
  first: Int32Array,
  second: Int32Array,
  third: Int32Array,
  fourth: Int32Array,
  word: number,
): number {
  return (
    (first[word & 255] ?? 0) ^
    (second[(word >>> 8) & 255] ?? 0) ^
    (third[(word >>> 16) & 255] ?? 0) ^
    (fourth[word >>> 24] ?? 0)
  );
}

function bytewise(bytes: Uint8Array, from: number, to: number, sum: number): number {
  let crc = sum;
  for (let at = from; at < to; at++) crc = (t0[(crc ^ (bytes[at] ?? 0)) & 255] ?? 0) ^ (crc >>> 8);
  return crc;
}

const littleEndian = endianness() === 'LE';
/** Castagnoli's polynomial, its bits reversed. */
const polynomial = 0x82f63b78;
/** Of each byte, what it has done to the sum some zero bytes later: none in the first table, fifteen in the last. */
const t0 = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
  return crc;
});
const t1 = later(t0);
const t2 = later(t1);
const t3 = later(t2);
const t4 = later(t3);
const t5 = later(t4);
const t6 = later(t5);
const t7 = later(t6);
const t8 = later(t7);
const t9 = later(t8);
const t10 = later(t9);
const t11 = later(t10);
const t12 = later(t11);
const t13 = later(t12);
const t14 = later(t13);
const t15 = later(t14);

function later(table: Int32Array): Int32Array {
  return table.map((crc) => (crc >>> 8) ^ (t0[crc & 255] ?? 0));
}
