import { runTool } from '../../scripts/kafka/tools.ts';
import { deleteTopic } from '../../scripts/kafka/topics.ts';
import { freshTopic } from './broker.ts';
import { readBack } from './reader.ts';

/**
 * The partition that Java's own producer picks for each key, found by producing them with it. Keys are text without
 * tabs and line ends, which the console producer reads as its own; the empty key works.
 */
export async function javaPartitions(
  brokers: readonly string[],
  keys: readonly string[],
  partitions: number,
): Promise<number[]> {
  const topic = await freshTopic('java-partitions', { brokers, partitions });
  const lines = keys.map((key, index) => `${key}\t${String(index)}\n`).join('');
  await runTool(
    'ConsoleProducer',
    [
      ...['--bootstrap-server', brokers.join(','), '--topic', topic],
      ...['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=\t'],
    ],
    { stdin: lines },
  );
  const records = await readBack(brokers, topic, { count: keys.length });
  await deleteTopic(brokers, topic);
  const byIndex = new Map(records.map(({ value, partition }) => [Number(value?.toString()), partition]));
  return keys.map((_, index) => byIndex.get(index) ?? -1);
}
