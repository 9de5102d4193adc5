import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import type { Compression } from './port.ts';

/** Kafka's numbers of the codecs. */
const numbers = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;

interface Codec {
  /** kafkajs hands over its encoder, which holds the bytes. */
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(bytes: Buffer): Promise<Buffer>;
}

/**
 * Makes a codec known to kafkajs, which brings gzip only. The others come without native add-ons, which bundles lose:
 * zstd from Node, snappy and lz4 as WebAssembly from @platformatic/kafka, loaded only when they are configured.
 * @returns the number that kafkajs and Kafka call it by
 */
export async function useCodec(compression: Compression): Promise<number> {
  if (compression === 'none' || compression === 'gzip') return numbers[compression];
  const codec = compression === 'zstd' ? zstd() : await wasm(compression);
  const { CompressionCodecs } = (await import('kafkajs')).default;
  CompressionCodecs[numbers[compression]] = () => codec;
  return numbers[compression];
}

function zstd(): Codec {
  const compress = promisify(zstdCompress);
  const decompress = promisify(zstdDecompress);
  return { compress: ({ buffer }) => compress(buffer), decompress: (bytes) => decompress(bytes) };
}

async function wasm(name: 'snappy' | 'lz4'): Promise<Codec> {
  const { compressSync, decompressSync } = (await import('@platformatic/kafka')).compressionsAlgorithms[name];
  return {
    compress: ({ buffer }) => Promise.resolve(compressSync(buffer)),
    decompress: (bytes) => Promise.resolve(decompressSync(bytes)),
  };
}
