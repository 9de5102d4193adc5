/** Brings whatever `startKafka` will need, so that later steps start at once. Run by scripts/prepare.mjs. */
import { makeArchive } from './make-archive.ts';
import { progressLine } from './progress.ts';
import { prepareWay } from './way.ts';

const line = progressLine(process.stderr);
try {
  const way = await prepareWay(false, line.update);
  if (way.kind === 'embedded') await makeArchive(way.java, line.update);
  line.end();
} catch (error) {
  line.end();
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
