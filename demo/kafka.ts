import type { KafkaCluster } from '../scripts/kafka/cluster.ts';
import { fetchJars, haveJars } from '../scripts/kafka/jars.ts';
import { findJava, findMaven } from '../scripts/kafka/java.ts';
import { startKafka } from '../scripts/kafka/launch.ts';
import { progressLine, type Progress } from '../scripts/kafka/progress.ts';
import { provision, type Ends } from './topics.ts';

export interface DemoKafka {
  readonly cluster: KafkaCluster;
  /** Where the topics ended before this run. */
  readonly ends: Ends;
}

/** A cluster with the demo's topics, and what its own tools need, showing how far that is. */
export async function openKafka(): Promise<DemoKafka> {
  const line = progressLine(process.stderr);
  try {
    const cluster = await startKafka({ onProgress: line.update });
    try {
      const [ends] = await Promise.all([provision(cluster), jarsForTools(line.update)]);
      return { cluster, ends };
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  } finally {
    line.end();
  }
}

/** With `KAFKA_BROKERS` no broker was started, so nobody has brought the jars; the consumer comes in the same ones. */
async function jarsForTools(onProgress: Progress): Promise<void> {
  if (haveJars()) return;
  if ('path' in (await findJava()) && (await findMaven())) await fetchJars(onProgress);
}
