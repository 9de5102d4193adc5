import { readFileSync } from 'node:fs';
import { runCommand } from '../kafka/command.ts';
import type { Progress } from '../kafka/progress.ts';
import { broughtFolder } from './folder.ts';

const oldestPython = 10;
const timeoutMs = 900_000;

/**
 * Brings Spark with pip: 450 MB, which pip makes a package of first, so it takes minutes.
 * @param requirements the file that names the version
 * @returns the folder, to stand on PYTHONPATH
 * @throws Error that says what is missing on this machine, or with pip's last words
 */
export function bringPyspark(requirements: string, onProgress: Progress = () => undefined): Promise<string> {
  const version = readFileSync(requirements, 'utf8').trim().replace('==', '-');
  return broughtFolder(version, async (folder) => {
    await checkPython();
    onProgress(`${version}: asking pip (450 MB, some minutes)`);
    const { code, output } = await runCommand(
      'python3',
      [
        ...['-m', 'pip', 'install', '--disable-pip-version-check', '--no-cache-dir', '--no-compile'],
        ...['--progress-bar', 'off', '--target', folder, '--requirement', requirements],
      ],
      { timeoutMs, onLine: (line) => onProgress(`${version}: ${line.trim()}`) },
    );
    if (code !== 0) throw new Error(`pip could not bring ${version}:\n${output.trim().slice(-2000)}`);
  });
}

async function checkPython(): Promise<void> {
  const { code, output } = await runCommand('python3', ['-m', 'pip', '--version'], { timeoutMs: 60_000 });
  const [, major, minor] = /python (\d+)\.(\d+)/.exec(output) ?? [];
  if (code === 0 && major === '3' && Number(minor) >= oldestPython) return;
  throw new Error(
    `Spark's example needs python3, 3.${oldestPython} or later, with pip (Debian, Ubuntu: apt install python3-pip); ` +
      `now: ${output.trim().split('\n').at(-1) ?? ''}`,
  );
}
