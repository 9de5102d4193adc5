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
    crc = step(a, 12) ^ step(b, 8) ^ step(c, 4) ^ step(d, 0);
  }
  return ~bytewise(bytes, wordsAt + words.byteLength, length, crc) >>> 0;
}

/** What the four bytes of a word do to the sum, its lowest being the first. @param later how many bytes of the step follow it */
function step(word: number, later: number): number {
  return (
    (sums[(later + 3) * 256 + (word & 255)] ?? 0) ^
    (sums[(later + 2) * 256 + ((word >>> 8) & 255)] ?? 0) ^
    (sums[(later + 1) * 256 + ((word >>> 16) & 255)] ?? 0) ^
    (sums[later * 256 + (word >>> 24)] ?? 0)
  );
}

function bytewise(bytes: Uint8Array, from: number, to: number, sum: number): number {
  let crc = sum;
  for (let at = from; at < to; at++) crc = (sums[(crc ^ (bytes[at] ?? 0)) & 255] ?? 0) ^ (crc >>> 8);
  return crc;
}

const littleEndian = endianness() === 'LE';
/** Castagnoli's polynomial, its bits reversed. */
const polynomial = 0x82f63b78;
/**
 * Sixteen tables, one behind the other: of each byte, what it has done to the sum some zero bytes later: none in the first table,
 * fifteen in the last.
 */
const sums = new Int32Array(16 * 256);
for (let at = 0; at < sums.length; at++) {
  let crc = at < 256 ? at : (sums[at - 256] ?? 0);
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
  sums[at] = crc;
}
