import { installProject, sharedProjectVariable } from './support/project.ts';

/** Run once by scripts/test/files.ts, before the files of this folder: they share one installation. */
export async function globalSetup(options: { readonly inBackground: boolean }): Promise<void> {
  process.env[sharedProjectVariable] = JSON.stringify(await installProject(options));
}
