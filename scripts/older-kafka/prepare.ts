/** Brings the older Kafka that tests run against. Run by scripts/prepare.mjs. */
import { progressLine } from '../kafka/progress.ts';
import { olderVersion, prepareOlder } from './cluster.ts';

const line = progressLine(process.stderr);
const missing = await prepareOlder(olderVersion, line.update);
line.end();
if (missing !== undefined) console.error(missing);
