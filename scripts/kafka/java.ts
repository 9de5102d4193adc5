import { join } from 'node:path';
import { runCommand } from './command.ts';

/** Kafka 4's broker is compiled for it. */
const oldestJava = 17;

/** The `java` to run, or why there is none. */
export async function findJava(): Promise<{ readonly path: string } | { readonly missing: string }> {
  const home = process.env.JAVA_HOME;
  const candidates = home ? [join(home, 'bin', 'java'), 'java'] : ['java'];
  let missing = 'no java on the PATH or in JAVA_HOME';
  for (const path of candidates) {
    const { code, output } = await runCommand(path, ['-version'], { timeoutMs: 20_000 });
    if (code !== 0) continue;
    const major = Number(/version "(\d+)/.exec(output)?.[1] ?? 0);
    if (major >= oldestJava) return { path };
    missing = `${path} is Java ${String(major)}, Kafka needs ${String(oldestJava)} or later`;
  }
  return { missing };
}

/** @throws Error that says why there is none */
export async function javaPath(): Promise<string> {
  const java = await findJava();
  if ('missing' in java) throw new Error(java.missing);
  return java.path;
}

export async function findMaven(): Promise<boolean> {
  return (await runCommand('mvn', ['--batch-mode', '--version'], { timeoutMs: 30_000 })).code === 0;
}

/** Small and quick to start, for machines with two cores and many brokers; the broker's throughput is not what is measured. */
export const brokerJvmFlags = [
  '-Xmx512m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
];

/** `-Dname=value` of each. */
export const jvmProperties = (properties: Readonly<Record<string, string>> = {}): string[] =>
  Object.entries(properties).map(([name, value]) => `-D${name}=${value}`);

/** Where the environment names no locale, as in many containers, Java writes `?` for whatever is not ASCII. */
export const utf8Flags = ['-Dfile.encoding=UTF-8', '-Dstdout.encoding=UTF-8'];

/** For the command-line tools, whose output is read by programs: only errors may stand between the lines. */
export const toolJvmFlags = [
  '-Xmx256m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
  ...utf8Flags,
];
