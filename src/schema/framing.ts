/**
 * What stands in front of a value in the registry's wire format: a zero, then the schema's id in four bytes, big-endian.
 * https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format
 */
export function framing(schemaId: number, messageIndexes?: readonly number[]): Buffer {
  const frame = Buffer.alloc(5);
  frame.writeInt32BE(schemaId, 1);
  return messageIndexes === undefined ? frame : Buffer.concat([frame, indexBytes(messageIndexes)]);
}

/** Where a message stands in its file, outermost first: the count, then each. The first message of all is a single zero. */
function indexBytes(indexes: readonly number[]): Buffer {
  if (indexes.length === 1 && indexes[0] === 0) return Buffer.of(0);
  return Buffer.from([indexes.length, ...indexes].flatMap(zigzagVarint));
}

function zigzagVarint(index: number): number[] {
  const bytes: number[] = [];
  let rest = index * 2;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return [...bytes, rest];
}
