import protobuf from 'protobufjs';

/**
 * Which message of the schema's file it is: outermost first, as `framing.ts` writes it.
 * @returns `size`: the bytes it takes
 * @throws Error where the bytes hold none
 */
export function messageIndexes(payload: Buffer): { indexes: readonly number[]; size: number } {
  const reader = protobuf.Reader.create(payload);
  const count = reader.sint32();
  // Most messages are the first of their file, and that is a single zero.
  if (count === 0) return { indexes: [0], size: reader.pos };
  if (count < 0 || count > payload.length) throw new Error('it does not begin with the place of its message');
  const indexes = Array.from({ length: count }, () => reader.sint32());
  return { indexes, size: reader.pos };
}
