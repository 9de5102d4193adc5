import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Destination } from '@walkeros/core';
import { runCommand } from '../scripts/kafka/command.ts';
import { Skipped } from './row.ts';

/** Its package.json pins the public destination; its own folder keeps that package's dependencies out of ours. */
const folder = fileURLToPath(new URL('peer/', import.meta.url));
const name = '@walkeros/server-destination-kafka';
const installed = join(folder, 'node_modules', name);

/** Brings the public destination from npm, once. Tells why where that is not possible. */
export async function installPeer(): Promise<string | undefined> {
  if (existsSync(installed)) return undefined;
  const { code } = await runCommand('npm', ['install', '--no-package-lock', '--no-audit', '--no-fund'], {
    cwd: folder,
    timeoutMs: 180_000,
  });
  return code === 0 ? undefined : 'npm could not install it here';
}

/**
 * Its ES module cannot load kafkajs outside of a bundle ("Dynamic require is not supported"), so the CommonJS one is used.
 * @throws Skipped where it is not installed
 */
export function loadPeer(): Destination.Instance {
  if (!existsSync(installed)) throw new Skipped('the public destination is not installed');
  const module = createRequire(join(folder, 'package.json'))(name) as {
    readonly default: Destination.Instance;
  };
  return module.default;
}
