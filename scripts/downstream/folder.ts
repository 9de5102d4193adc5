import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { kafkaFolder } from '../kafka/version.ts';

/**
 * A folder of what is brought from outside, which appears whole or not at all.
 * @param fill puts it into the folder that it is given; not called where it was brought before
 */
export async function broughtFolder(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(kafkaFolder, name);
  if (existsSync(folder)) return folder;
  mkdirSync(kafkaFolder, { recursive: true });
  const filling = mkdtempSync(join(kafkaFolder, 'filling-'));
  try {
    await fill(filling);
    takeName(filling, folder);
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
