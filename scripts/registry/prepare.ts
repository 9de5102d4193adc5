/** Brings the schema registries that tests start. Run by scripts/prepare.mjs. */
import { findJava, findMaven } from '../kafka/java.ts';
import { progressLine } from '../kafka/progress.ts';
import { fetchRegistry, haveRegistry } from './archive.ts';
import { srfakeMissing } from './srfake.ts';

const line = progressLine(process.stderr);
try {
  if (!haveRegistry() && 'path' in (await findJava()) && (await findMaven()))
    await fetchRegistry(line.update);
  await srfakeMissing();
  line.end();
} catch (error) {
  line.end();
  console.error(error instanceof Error ? error.message : error);
}
