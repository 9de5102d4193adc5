/**
 * The partition Kafka's Java producer would choose for this key, so that records of one key meet in one partition
 * whoever wrote them (Flink, Spark, ksqlDB and Kafka Streams join on that).
 */
export function partitionOf(key: Buffer, partitionCount: number): number {
  return (murmur2(key) & 0x7fffffff) % partitionCount;
}

const seed = 0x9747b28c;
const multiplier = 0x5bd1e995;

/** Java's `Utils.murmur2`: 32-bit signed arithmetic, little-endian words. */
export function murmur2(data: Uint8Array): number {
  const { length } = data;
  const wordsEnd = length & ~3;
  let hash = seed ^ length;

  for (let at = 0; at < wordsEnd; at += 4) {
    let word =
      byte(data, at) | (byte(data, at + 1) << 8) | (byte(data, at + 2) << 16) | (byte(data, at + 3) << 24);
    word = Math.imul(word, multiplier);
    word ^= word >>> 24;
    hash = Math.imul(hash, multiplier) ^ Math.imul(word, multiplier);
  }

  const rest = length & 3;
  if (rest === 3) hash ^= byte(data, wordsEnd + 2) << 16;
  if (rest >= 2) hash ^= byte(data, wordsEnd + 1) << 8;
  if (rest >= 1) hash = Math.imul(hash ^ byte(data, wordsEnd), multiplier);

  hash ^= hash >>> 13;
  hash = Math.imul(hash, multiplier);
  return hash ^ (hash >>> 15);
}

function byte(data: Uint8Array, at: number): number {
  return data[at] ?? 0;
}
