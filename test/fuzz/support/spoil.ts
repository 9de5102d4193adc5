import { int16, int32, int64 } from '../../support/broker-bytes.ts';

/** What a peer does with an answer instead of sending it as it is. */
export type Spoilt =
  | { readonly kind: 'send'; readonly bytes: Buffer }
  /** Sent in pieces, one in each turn. */
  | { readonly kind: 'pieces'; readonly bytes: Buffer }
  | { readonly kind: 'late'; readonly bytes: Buffer; readonly by: number }
  /** Sent behind the next answer. */
  | { readonly kind: 'swapped'; readonly bytes: Buffer }
  | { readonly kind: 'never' };

const extremes = [
  int16(-1),
  int16(-2),
  int16(0x7fff),
  int16(-0x8000),
  int32(0),
  int32(-1),
  int32(-2),
  int32(1_000_000),
  int32(20_000_000),
  int32(0x7fffffff),
  int32(-0x80000000),
  int64(-2),
  int64(Number.MAX_SAFE_INTEGER),
  Buffer.from('ffffffff0f', 'hex'),
  Buffer.from('ffffffffffffffffff01', 'hex'),
  Buffer.from('80808080808080808080', 'hex'),
];

const strangers = [
  Buffer.alloc(3),
  Buffer.alloc(12),
  int32(1),
  int32(0x7fffffff),
  int32(99_999_999),
  Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
  Buffer.from('15030300020250', 'hex'),
];

/** One answer out of many ways to spoil it; about a fifth stay as they are, so that more requests follow. */
export function spoil(number: Buffer, body: Buffer, random: () => number): Spoilt {
  const below = (limit: number): number => Math.floor(random() * limit);
  const pick = (from: readonly Buffer[]): Buffer => from[below(from.length)] ?? Buffer.alloc(0);
  const framed = (content: Buffer, size = content.length + 4): Buffer =>
    Buffer.concat([int32(size), number, content]);
  const send = (bytes: Buffer): Spoilt => ({ kind: 'send', bytes });
  const good = framed(body);

  /** Overwrites bytes, or puts them between. */
  function inserted(): Buffer {
    const at = below(body.length);
    const extreme = pick(extremes);
    return Buffer.concat([
      body.subarray(0, at),
      extreme,
      body.subarray(random() < 0.8 ? Math.min(body.length, at + extreme.length) : at),
    ]);
  }

  function flipped(): Buffer {
    const copy = Buffer.from(body);
    for (let left = 1 + below(8); left > 0 && copy.length > 0; left--) {
      const at = below(copy.length);
      copy[at] = (copy[at] ?? 0) ^ (1 << below(8));
    }
    return copy;
  }

  function noise(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => below(256)));
  }

  const way = below(100);
  if (way < 22) return send(good);
  if (way < 40) return send(framed(flipped()));
  if (way < 62) return send(framed(inserted()));
  if (way < 72) return send(framed(body.subarray(0, below(body.length))));
  if (way < 78) return send(framed(noise(below(300))));
  if (way < 81) return send(framed(Buffer.concat([body, noise(1 + below(50))])));
  if (way < 83) return send(Buffer.concat([good, good]));
  if (way < 85) return { kind: 'swapped', bytes: good };
  if (way < 88) return { kind: 'pieces', bytes: random() < 0.5 ? good : framed(inserted()) };
  if (way < 90) return { kind: 'late', bytes: good, by: below(150) };
  if (way < 91) return { kind: 'never' };
  if (way < 93) return send(Buffer.concat([int32(body.length + 4), int32(below(1000) - 500), body]));
  if (way < 95) return send(framed(body, below(1000)));
  if (way < 96) return send(framed(body, below(2 ** 31)));
  if (way < 98) return send(pick(strangers));
  return send(noise(1 + below(64)));
}
