/** Brings the client that tests read values back with. Run by scripts/prepare.mjs. */
import { progressLine } from '../kafka/progress.ts';
import { confluentPython } from './packages.ts';

const line = progressLine(process.stderr);
const found = await confluentPython(line.update);
line.end();
if ('missing' in found) console.error(found.missing);
