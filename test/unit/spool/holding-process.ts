/** Has the file of a spool for a moment, as somebody who looks at it may. */
import { DatabaseSync } from 'node:sqlite';

const [path = ''] = process.argv.slice(2);
const database = new DatabaseSync(path);
database.exec('BEGIN EXCLUSIVE');
console.log('held');
setTimeout(() => database.close(), 300);
setInterval(() => undefined, 1_000);
