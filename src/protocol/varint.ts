/**
 * Kafka's signed numbers of variable length: the sign goes to the lowest bit ("zig-zag"), then come seven bits a byte, the
 * lowest first. `writeVarint` returns where the next byte goes.
 */
export function sizeOfVarint(value: number): number {
  if (value !== (value | 0)) return sizeOfLong(value);
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x20_0000) return 3;
  return zigzag < 0x1000_0000 ? 4 : 5;
}

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
function sizeOfLong(value: number): number {
  let size = 1;
  for (let rest = Math.floor(magnitude(value) / 64); rest > 0; rest = Math.floor(rest / 128)) size++;
  return size;
}

function writeLong(target: Uint8Array, at: number, value: number): number {
  const whole = magnitude(value);
  let byte = ((whole % 64) << 1) | (value < 0 ? 1 : 0);
  let next = at;
  for (let rest = Math.floor(whole / 64); rest > 0; rest = Math.floor(rest / 128)) {
    target[next++] = byte | 0x80;
    byte = rest % 128;
  }
  target[next++] = byte;
  return next;
}

/** What zig-zag doubles: 0, 1, 2 … for 0, 1, 2 … and for -1, -2, -3 …. */
function magnitude(value: number): number {
  return value < 0 ? -value - 1 : value;
}
