/** Run as root: takes the lock of a spool, and opens the spool, as a user without rights, and says how both were refused. */
import { openSpool } from '../../../src/spool/open.ts';
import { lock } from '../../../src/spool/sqlite/lock.ts';
import { reasonOf } from '../../../src/model/errors.ts';

const [path = ''] = process.argv.slice(2);
process.setgid?.(65_534);
process.setuid?.(65_534);
const refusals: string[] = [];
const note = (thrown: unknown): unknown => refusals.push(reasonOf(thrown));
await lock(path, 0).catch(note);
await openSpool({ path, maxBytes: 1_000_000, lockTimeout: 0 }, () => undefined).catch(note);
console.log(JSON.stringify(refusals));
setInterval(() => undefined, 1_000);
