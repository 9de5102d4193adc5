import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import type { Progress } from './progress.ts';
import { kafkaFolder, kafkaVersion } from './version.ts';

/** Holds Kafka's broker and tools once `fetchJars` has run; it appears whole or not at all. */
export const jarFolder = join(kafkaFolder, `libs-${kafkaVersion}`);

export const haveJars = (): boolean => existsSync(jarFolder);

/** slf4j-simple writes to standard error and needs no configuration file; without a binding Kafka is silent even when it dies. */
const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId>
  <artifactId>kafka-jars</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${kafkaVersion}</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>${kafkaVersion}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`;

/**
 * Brings Kafka's jars with Maven. Safe when several processes do it at once: each fills a folder of its own, and the
 * first to finish gives it the final name.
 */
export async function fetchJars(onProgress: Progress = () => undefined): Promise<void> {
  if (haveJars()) return;
  mkdirSync(kafkaFolder, { recursive: true });
  const project = mkdtempSync(join(tmpdir(), 'kafka-jars-'));
  const filling = mkdtempSync(join(kafkaFolder, 'filling-'));
  try {
    writeFileSync(join(project, 'pom.xml'), pom);
    let downloaded = 0;
    let copied = 0;
    onProgress(`Kafka ${kafkaVersion}: asking Maven for the jars`);
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
            `Kafka ${kafkaVersion}: ${String(downloaded)} jars downloaded, ${String(copied)} in place  ${jar}`,
          );
        },
      },
    );
    if (code !== 0) throw new Error(`Maven could not bring Kafka's jars:\n${output.trim().slice(-2000)}`);
    onProgress(`Kafka ${kafkaVersion}: ${String(readdirSync(filling).length)} jars in place`);
    takeName(filling);
  } finally {
    rmSync(project, { recursive: true, force: true });
    rmSync(filling, { recursive: true, force: true });
  }
}

/** Another process may have been first: then its folder is as good as ours. */
function takeName(folder: string): void {
  try {
    renameSync(folder, jarFolder);
  } catch (error) {
    if (!haveJars()) throw error;
  }
}
