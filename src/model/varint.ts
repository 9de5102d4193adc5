/**
 * The signed numbers of variable length of Kafka, Avro and the registry: the sign goes to the lowest bit ("zig-zag"), then come
 * seven bits a byte, the lowest first.
 */
export function varint(value: number): Buffer {
  const bytes = Buffer.alloc(sizeOfVarint(value));
  writeVarint(bytes, 0, value);
  return bytes;
}

export function sizeOfVarint(value: number): number {
  if (value !== (value | 0)) return writeLong(scratch, 0, value);
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x20_0000) return 3;
  return zigzag < 0x1000_0000 ? 4 : 5;
}

/** The longest has eight bytes. */
const scratch = Buffer.alloc(8);

/** @returns where the next byte goes */
export function writeVarint(target: Uint8Array, at: number, value: number): number {
  if (value !== (value | 0)) return writeLong(target, at, value);
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  let next = at;
  for (; rest > 0x7f; rest >>>= 7) target[next++] = rest | 0x80;
  target[next++] = rest;
  return next;
}

/**
 * Beyond 32 bits: any safe integer. Doubling it for the zig-zag would leave the safe ones, so the sign and the lowest six
 * bits make the first byte by themselves.
 */
function writeLong(target: Uint8Array, at: number, value: number): number {
  // What zig-zag doubles: 0, 1, 2 … for 0, 1, 2 … and for -1, -2, -3 ….
  const whole = value < 0 ? -value - 1 : value;
  let byte = ((whole % 64) << 1) | (value < 0 ? 1 : 0);
  let next = at;
  for (let rest = Math.floor(whole / 64); rest > 0; rest = Math.floor(rest / 128)) {
    target[next++] = byte | 0x80;
    byte = rest % 128;
  }
  target[next++] = byte;
  return next;
}
