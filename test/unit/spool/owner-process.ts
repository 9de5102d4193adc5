/** A process of its own that owns the spool named first, keeps one record, says so, and waits until it is killed. */
import { openSpool } from '../../../src/spool/open.ts';

const [path = ''] = process.argv.slice(2);
const spool = await openSpool({ path, maxBytes: 1_000_000_000 }, () => undefined);
const record = {
  topic: 'events',
  key: Buffer.from('k'),
  value: Buffer.from('from the other process'),
  headers: {},
  timestamp: 0,
};
spool.append(spool.lastId + 1, record, 0, (error) => console.log(error?.message ?? 'kept'));
setInterval(() => undefined, 1_000);
