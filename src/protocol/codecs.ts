import { promisify } from 'node:util';
import { gzip, gzipSync, zstdCompress, zstdCompressSync } from 'node:zlib';
import { loadLibrary } from '../transport/platformatic/library.ts';
import type { Compression } from '../transport/port.ts';

export interface Codec {
  /** Kafka's number of it, the lowest bits of a batch's attributes. */
  readonly number: number;
  readonly compress?: (bytes: Buffer) => Buffer | Promise<Buffer>;
  /** Large batches are compressed by the thread pool, so that it is worth beginning early. */
  readonly threaded?: boolean;
}

/**
 * The five that every broker and consumer knows, none from a native add-on, which bundles lose: gzip and zstd from Node,
 * snappy and lz4 as WebAssembly from @platformatic/kafka, loaded only when they are configured.
 */
export async function loadCodec(compression: Compression): Promise<Codec> {
  switch (compression) {
    case 'none':
      return { number: 0 };
    case 'gzip':
      return { number: 1, compress: atBest(gzipSync, promisify(gzip), 4 * 1024), threaded: true };
    case 'snappy':
      return { number: 2, compress: await webAssembly('snappy') };
    case 'lz4':
      return { number: 3, compress: await webAssembly('lz4') };
    case 'zstd':
      return {
        number: 4,
        compress: atBest(zstdCompressSync, promisify(zstdCompress), 32 * 1024),
        threaded: true,
      };
  }
}

/**
 * Up to `small` bytes at once: the way to the thread pool and back costs the loop 30 to 80 µs, as much as compressing them,
 * and the push that waits for it twice that (docs/decisions/0003).
 */
function atBest(
  sync: (bytes: Buffer) => Buffer,
  async: (bytes: Buffer) => Promise<Buffer>,
  small: number,
): (bytes: Buffer) => Buffer | Promise<Buffer> {
  return (bytes) => (bytes.length <= small ? sync(bytes) : async(bytes));
}

async function webAssembly(name: 'snappy' | 'lz4'): Promise<(bytes: Buffer) => Buffer> {
  const { compressSync } = (await loadLibrary()).compressionsAlgorithms[name];
  return (bytes) => compressSync(bytes);
}
