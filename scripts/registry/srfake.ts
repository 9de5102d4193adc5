import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../kafka/command.ts';
import { kafkaFolder } from '../kafka/version.ts';
import type { RunningRegistry } from './launch.ts';

const source = fileURLToPath(new URL('srfake/', import.meta.url));
const program = join(kafkaFolder, 'srfake-1.8.0');

/** Builds franz-go's registry for tests with Go, on first use. @returns why it cannot be had on this machine; undefined: it can */
export async function srfakeMissing(): Promise<string | undefined> {
  if (existsSync(program)) return undefined;
  if ((await runCommand('go', ['version'])).code !== 0)
    return "no go on the PATH to build franz-go's registry with";
  mkdirSync(kafkaFolder, { recursive: true });
  const folder = mkdtempSync(join(kafkaFolder, 'filling-'));
  try {
    const built = join(folder, 'srfake');
    const building = await runCommand('go', ['build', '-o', built, '.'], { cwd: source, timeoutMs: 300_000 });
    if (building.code !== 0)
      return `go cannot build franz-go's registry: ${building.output.trim().split('\n').at(-1) ?? ''}`;
    // Another process may have been first: then its program is as good as ours.
    renameSync(built, program);
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * A schema registry that nobody here wrote, empty, in memory. It ends with this process at the latest.
 * @param incompatible texts by which it knows schemas that are not compatible: it compares none by itself
 */
export async function startSrfake(incompatible: readonly string[] = []): Promise<RunningRegistry> {
  const child = spawn(program, incompatible, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return {
    url,
    async stop() {
      child.stdin.end();
      await exit;
    },
  };
}
