import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { archive, archiveFlags } from './archive.ts';
import { runCommand } from './command.ts';
import { classpathOf } from './jars.ts';
import { startKafka } from './launch.ts';
import type { Progress } from './progress.ts';
import { kafkaVersion } from './version.ts';

/** Says which Java the archive is of, or that this one makes none. */
const owner = `${archive}.txt`;

/**
 * Reading and checking its classes is half of what the start of a broker costs, and the tests start a hundred. Java keeps them in
 * a file when a program ends that was asked to (-XX:ArchiveClassesAtExit): here a broker, once for each Java.
 */
export async function makeArchive(java: string, onProgress: Progress): Promise<void> {
  const { output: version } = await runCommand(java, ['-version']);
  if (existsSync(owner) && readFileSync(owner, 'utf8') === version) return;
  onProgress('Kafka: a start that makes later ones quick');
  rmSync(archive, { force: true });
  const made = `${archive}-${String(process.pid)}`;
  process.env.JDK_JAVA_OPTIONS = `"-XX:ArchiveClassesAtExit=${made}"`;
  try {
    const cluster = await startKafka({ own: true });
    await cluster.nodes[0]?.stop();
    await cluster.stop();
  } finally {
    delete process.env.JDK_JAVA_OPTIONS;
  }
  if (existsSync(made)) renameSync(made, archive);
  const { code } = await runCommand(java, [
    ...archiveFlags(),
    ...['-Xshare:on', '-XX:+VerifySharedSpaces', '-cp', classpathOf(kafkaVersion), '-version'],
  ]);
  if (code !== 0) rmSync(archive, { force: true });
  writeFileSync(owner, version);
}
