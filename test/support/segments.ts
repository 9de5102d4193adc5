import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from '../../scripts/kafka/tools.ts';

/** One batch as it lies in the broker's log file. */
export interface StoredBatch {
  readonly baseOffset: number;
  readonly count: number;
  readonly compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  readonly producerId: number;
  readonly isTransactional: boolean;
}

/**
 * Reads a partition's log files with Kafka's own tool: what is really on disk, not what a client says it sent.
 * @param dataDirs of `sharedBroker()`, or `node.dataDir`; the first that holds the partition counts
 */
export async function batchesOnDisk(
  dataDirs: readonly string[],
  topic: string,
  partition = 0,
): Promise<StoredBatch[]> {
  const folder = `${topic}-${String(partition)}`;
  const dir = dataDirs.find((data) => readdirSync(data).includes(folder));
  if (dir === undefined)
    throw new Error(`None of ${dataDirs.join(', ') || 'no data folders'} holds ${folder}`);
  const files = readdirSync(join(dir, folder)).filter((name) => name.endsWith('.log'));
  const paths = files.sort().map((name) => join(dir, folder, name));
  const output = await runTool('DumpLogSegments', ['--files', paths.join(',')]);
  return [...output.matchAll(/^baseOffset: (\d+) .*$/gm)].map(([line, baseOffset]) => {
    const field = (name: string): string => new RegExp(`\\b${name}: (\\S+)`).exec(line)?.[1] ?? '';
    return {
      baseOffset: Number(baseOffset),
      count: Number(field('count')),
      compression: field('compresscodec').toLowerCase() as StoredBatch['compression'],
      producerId: Number(field('producerId')),
      isTransactional: field('isTransactional') === 'true',
    };
  });
}

/** The codecs in a partition's log, each once, in order of appearance. */
export async function codecsOnDisk(
  dataDirs: readonly string[],
  topic: string,
  partition = 0,
): Promise<string[]> {
  const batches = await batchesOnDisk(dataDirs, topic, partition);
  return [...new Set(batches.map(({ compression }) => compression))];
}
