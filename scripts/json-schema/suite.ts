import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../kafka/command.ts';
import { kafkaFolder } from '../kafka/version.ts';

/** The source package of Python's validator holds the public JSON-Schema-Test-Suite; no package of npm does. */
const pinned = 'jsonschema-4.26.0';

/**
 * The folder with the tests of the JSON-Schema-Test-Suite, one folder per draft. Brought with pip on first use: 1 MB.
 * @returns why it cannot be had on this machine, or where it is
 */
export async function jsonSchemaSuite(): Promise<{ readonly tests: string } | { readonly missing: string }> {
  const folder = join(kafkaFolder, pinned);
  const tests = join(folder, 'json', 'tests');
  if (existsSync(tests)) return { tests };
  mkdirSync(kafkaFolder, { recursive: true });
  const filling = mkdtempSync(join(kafkaFolder, 'filling-'));
  try {
    const source = pinned.replace('-', '==');
    const options = ['--disable-pip-version-check', '--no-deps', '--no-binary', 'jsonschema'];
    const downloading = ['-m', 'pip', 'download', ...options, '--dest', filling, source];
    const { code, output } = await runCommand('python3', downloading, { timeoutMs: 120_000 });
    const [archive] = readdirSync(filling);
    if (code !== 0 || archive === undefined)
      return { missing: `pip cannot bring ${source}: ${output.trim().split('\n').at(-1) ?? ''}` };
    const unpacked = await runCommand('tar', ['xzf', join(filling, archive), '-C', filling], {
      timeoutMs: 60_000,
    });
    if (unpacked.code !== 0) return { missing: `tar cannot unpack ${archive}: ${unpacked.output.trim()}` };
    // Another process may have been first: then its folder is as good.
    if (!existsSync(folder)) renameSync(join(filling, pinned), folder);
    return { tests };
  } finally {
    rmSync(filling, { recursive: true, force: true });
  }
}
