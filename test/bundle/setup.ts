import { dirname } from 'node:path';
import {
  installProject,
  makeRoot,
  removeRoot,
  sharedProjectVariable,
  type Project,
} from './support/project.ts';

/** Run once by scripts/test/files.ts, before the files of this folder: they share one installation. */
export async function globalSetup(): Promise<void> {
  const root = makeRoot();
  try {
    process.env[sharedProjectVariable] = JSON.stringify(await installProject(root));
  } catch (error) {
    removeRoot(root);
    throw error;
  }
}

export function globalTeardown(): void {
  const shared = process.env[sharedProjectVariable];
  if (shared) removeRoot(dirname((JSON.parse(shared) as Project).folder));
}
