import { findContainerEngine } from './container.ts';
import { fetchJars, haveJars } from './jars.ts';
import { findJava, findMaven } from './java.ts';
import type { Progress } from './progress.ts';
import { kafkaVersion } from './version.ts';

/** The ways to a broker, in the order they are tried. */
export type Way =
  | { readonly kind: 'external'; readonly brokers: string[] }
  | { readonly kind: 'embedded'; readonly java: string }
  | { readonly kind: 'container'; readonly engine: 'docker' | 'podman' };

/**
 * Picks the way and brings what it needs (for the embedded one: jars).
 * @throws Error that names all three ways and how to get each.
 */
export async function prepareWay(own: boolean, onProgress?: Progress): Promise<Way> {
  const brokers = (process.env.KAFKA_BROKERS ?? '').split(',').flatMap((broker) => broker.trim() || []);
  if (brokers.length > 0 && !own) return { kind: 'external', brokers };
  const java = await findJava();
  if ('path' in java && (haveJars() || (await findMaven()))) {
    await fetchJars(onProgress);
    return { kind: 'embedded', java: java.path };
  }
  const engine = await findContainerEngine();
  if (engine) return { kind: 'container', engine };
  throw new Error(
    [
      `There is no Kafka to run against. Any one of these will do:`,
      `  1. a cluster of yours:  KAFKA_BROKERS=host:9092 (several with commas)`,
      `  2. Java 17 or later and Maven, which bring Kafka ${kafkaVersion} by themselves:`,
      `       Debian, Ubuntu: apt install default-jre-headless maven    macOS: brew install openjdk maven`,
      `       (now: ${'path' in java ? 'Java is there, but there is no mvn on the PATH' : java.missing})`,
      `  3. Docker or Podman, running (now: neither "docker info" nor "podman info" answers)`,
    ].join('\n'),
  );
}
