import { setTimeout as sleep } from 'node:timers/promises';
import { Producer } from '@platformatic/kafka';
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
      const [ends] = await Promise.all([
        provision(cluster),
        jarsForTools(line.update),
        cluster.kind !== 'external' && warmUp(cluster.direct),
      ]);
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

/**
 * A new broker gives producers their ids only after some hundred milliseconds of "try again", and the first click should
 * not wait for that. It is no harm when it does, so a broker that takes longer is left alone.
 */
async function warmUp(brokers: readonly string[]): Promise<void> {
  const producer = new Producer({
    clientId: 'walkeros-demo',
    bootstrapBrokers: [...brokers],
    idempotent: true,
    retries: 0,
  });
  for (let tries = 0; tries < 20; tries++) {
    const ready = await producer.initIdempotentProducer({}).then(
      () => true,
      () => false,
    );
    if (ready) break;
    await sleep(100);
  }
  await producer.close(true).catch(() => undefined);
}
