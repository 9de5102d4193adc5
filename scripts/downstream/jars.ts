import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../kafka/command.ts';
import { findMaven } from '../kafka/java.ts';
import type { Progress } from '../kafka/progress.ts';
import { kafkaFolder } from '../kafka/version.ts';

/**
 * Brings the jars that a pom.xml asks for, with Maven, which checks their checksums. The folder appears whole or not at
 * all, and another one is made when the pom changes.
 * @returns the folder
 * @throws Error that says what is missing on this machine, or with Maven's last words
 */
export async function bringJars(pom: string, onProgress: Progress = () => undefined): Promise<string> {
  const text = readFileSync(pom, 'utf8');
  const name = /<artifactId>([\w-]+)</.exec(text)?.[1] ?? 'jars';
  const folder = join(kafkaFolder, `${name}-${createHash('sha256').update(text).digest('hex').slice(0, 8)}`);
  if (existsSync(folder)) return folder;
  if (!(await findMaven()))
    throw new Error(`There is no mvn on the PATH to bring ${name} with (Debian, Ubuntu: apt install maven)`);
  mkdirSync(kafkaFolder, { recursive: true });
  const filling = mkdtempSync(join(kafkaFolder, 'filling-'));
  try {
    let downloaded = 0;
    onProgress(`${name}: asking Maven for the jars`);
    const args = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${filling}`];
    const { code, output } = await runCommand('mvn', ['--batch-mode', '--file', pom, ...args], {
      onLine(line) {
        if (!/Downloaded from .*\.jar\b/.test(line)) return;
        downloaded += 1;
        onProgress(`${name}: ${downloaded} jars downloaded`);
      },
    });
    if (code !== 0) throw new Error(`Maven could not bring ${name}:\n${output.trim().slice(-2000)}`);
    takeName(filling, folder);
    onProgress(`${name}: in place`);
  } finally {
    rmSync(filling, { recursive: true, force: true });
  }
  return folder;
}

/** Another process may have been first: then its folder is as good as ours. */
function takeName(filling: string, folder: string): void {
  try {
    renameSync(filling, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}
