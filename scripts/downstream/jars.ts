import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { runCommand } from '../kafka/command.ts';
import { findMaven } from '../kafka/java.ts';
import type { Progress } from '../kafka/progress.ts';
import { broughtFolder } from './folder.ts';

/**
 * Brings the jars that a pom.xml asks for, with Maven, which checks their checksums. Another folder is made when the pom
 * changes.
 * @returns the folder
 * @throws Error that says what is missing on this machine, or with Maven's last words
 */
export function bringJars(pom: string, onProgress: Progress = () => undefined): Promise<string> {
  const text = readFileSync(pom, 'utf8');
  const name = /<artifactId>([\w-]+)</.exec(text)?.[1] ?? 'jars';
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8);
  return broughtFolder(`${name}-${hash}`, async (folder) => {
    if (!(await findMaven()))
      throw new Error(
        `There is no mvn on the PATH to bring ${name} with (Debian, Ubuntu: apt install maven)`,
      );
    let downloaded = 0;
    onProgress(`${name}: asking Maven for the jars`);
    const args = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${folder}`];
    const { code, output } = await runCommand('mvn', ['--batch-mode', '--file', pom, ...args], {
      onLine(line) {
        if (!/Downloaded from .*\.jar\b/.test(line)) return;
        downloaded += 1;
        onProgress(`${name}: ${downloaded} jars downloaded`);
      },
    });
    if (code !== 0) throw new Error(`Maven could not bring ${name}:\n${output.trim().slice(-2000)}`);
    onProgress(`${name}: in place`);
  });
}
