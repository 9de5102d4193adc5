import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../kafka/command.ts';
import type { Progress } from '../kafka/progress.ts';
import { kafkaFolder } from '../kafka/version.ts';

/** The last release that runs on Java 17, which Kafka needs anyway. */
export const registryVersion = '2.6.13.Final';

/** Holds the registry once `fetchRegistry` has run; it appears whole or not at all. */
export const registryFolder = join(kafkaFolder, `registry-${registryVersion}`);
export const registryJar = join(registryFolder, `apicurio-registry-app-${registryVersion}-runner.jar`);

export const haveRegistry = (): boolean => existsSync(registryJar);

const artifact = `io.apicurio:apicurio-registry-app:${registryVersion}:tar.gz:all`;
const name = `Schema registry ${registryVersion}`;

/** Without a project Maven leaves its markers in a folder it cannot name. */
const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId>
  <artifactId>registry-archive</artifactId>
  <version>1</version>
</project>
`;

/**
 * Brings Apicurio Registry, which speaks Confluent's API, with Maven: 142 MB. Safe when several processes do it at once:
 * each fills a folder of its own, and the first to finish gives it the final name.
 */
export async function fetchRegistry(onProgress: Progress = () => undefined): Promise<void> {
  if (haveRegistry()) return;
  mkdirSync(kafkaFolder, { recursive: true });
  const project = mkdtempSync(join(tmpdir(), 'registry-archive-'));
  const filling = mkdtempSync(join(kafkaFolder, 'filling-'));
  try {
    writeFileSync(join(project, 'pom.xml'), pom);
    onProgress(`${name}: asking Maven for the archive`);
    // Not in batch mode, in which Maven says nothing until all of a file is there.
    const { code, output } = await runCommand(
      'mvn',
      ['--color=never', 'dependency:unpack', `-Dartifact=${artifact}`, `-DoutputDirectory=${filling}`],
      {
        cwd: project,
        onLine(line) {
          const amount = /Progress \(\d+\): (.*\d ?[kMG]?B.*)/.exec(line)?.[1];
          if (amount !== undefined) onProgress(`${name}: ${amount.trim()}`);
          else if (/Unpacking /.test(line)) onProgress(`${name}: unpacking`);
        },
      },
    );
    if (code !== 0)
      throw new Error(`Maven could not bring the schema registry:\n${output.trim().slice(-2000)}`);
    takeName(filling);
    onProgress(`${name}: in place`);
  } finally {
    rmSync(project, { recursive: true, force: true });
    rmSync(filling, { recursive: true, force: true });
  }
}

/** Another process may have been first: then its folder is as good as ours. */
function takeName(folder: string): void {
  try {
    renameSync(folder, registryFolder);
  } catch (error) {
    if (!haveRegistry()) throw error;
  }
}
