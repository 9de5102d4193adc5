import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import type { Progress } from './progress.ts';
import { kafkaFolder, kafkaVersion } from './version.ts';

/** Holds the broker of a release, and its tools where we ask for them, once `fetchJars` has run; it appears whole or not at all. */
const folderOf = (version: string): string => join(kafkaFolder, `libs-${version}`);

/** Java's classpath of a release. */
export const classpathOf = (version: string): string => join(folderOf(version), '*');

export const jarFolder = folderOf(kafkaVersion);

export const haveJars = (version = kafkaVersion): boolean => existsSync(folderOf(version));

/** slf4j-simple writes to standard error and needs no configuration file; without a binding Kafka is silent even when it dies. */
const pomOf = (version: string): string => `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId>
  <artifactId>kafka-jars</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${version}</version></dependency>
    ${version === kafkaVersion ? `<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>${version}</version></dependency>` : ''}
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`;

/**
 * Brings Kafka's jars with Maven. Safe when several processes do it at once: each fills a folder of its own, and the
 * first to finish gives it the final name.
 */
export async function fetchJars(
  onProgress: Progress = () => undefined,
  version = kafkaVersion,
): Promise<void> {
  if (haveJars(version)) return;
  mkdirSync(kafkaFolder, { recursive: true });
  const project = mkdtempSync(join(tmpdir(), 'kafka-jars-'));
  const filling = mkdtempSync(join(kafkaFolder, 'filling-'));
  try {
    writeFileSync(join(project, 'pom.xml'), pomOf(version));
    let downloaded = 0;
    let copied = 0;
    onProgress(`Kafka ${version}: asking Maven for the jars`);
    const { code, output } = await runCommand(
      'mvn',
      [
        '--batch-mode',
        '--file',
        join(project, 'pom.xml'),
        'dependency:copy-dependencies',
        '-DincludeScope=runtime',
        `-DoutputDirectory=${filling}`,
      ],
      {
        onLine(line) {
          // The line names the repository's host, so only counts and file names are shown.
          if (/Downloaded from .*\.jar\b/.test(line)) downloaded += 1;
          else if (/Copying \S+\.jar/.test(line)) copied += 1;
          else return;
          const jar = /([\w.-]+\.jar)/.exec(line)?.[1] ?? '';
          onProgress(
            `Kafka ${version}: ${String(downloaded)} jars downloaded, ${String(copied)} in place  ${jar}`,
          );
        },
      },
    );
    if (code !== 0) throw new Error(`Maven could not bring Kafka's jars:\n${output.trim().slice(-2000)}`);
    onProgress(`Kafka ${version}: ${String(readdirSync(filling).length)} jars in place`);
    takeName(filling, version);
  } finally {
    rmSync(project, { recursive: true, force: true });
    rmSync(filling, { recursive: true, force: true });
  }
}

/** Another process may have been first: then its folder is as good as ours. */
function takeName(folder: string, version: string): void {
  try {
    renameSync(folder, folderOf(version));
  } catch (error) {
    if (!haveJars(version)) throw error;
  }
}
