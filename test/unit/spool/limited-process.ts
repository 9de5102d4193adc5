/** Runs where files may not grow beyond a limit: keeps records until the disk refuses, removes all, and keeps again. */
import { openSpool } from '../../../src/spool/open.ts';
import type { KafkaRecord } from '../../../src/model/record.ts';
import type { Spool } from '../../../src/model/spool.ts';

const [path = '', bytes = '100000'] = process.argv.slice(2);
const spool: Spool = await openSpool({ path, maxBytes: 1_000_000_000 }, () => undefined);
const record: KafkaRecord = {
  topic: 'events',
  key: Buffer.from('k'),
  value: Buffer.alloc(Number(bytes), 'x'),
  headers: {},
  timestamp: 0,
};
const keep = (id: number) =>
  new Promise<string>((resolve) => spool.append(id, record, 0, (error) => resolve(error?.message ?? 'kept')));

let id = 0;
let fate = 'kept';
while (fate === 'kept' && id < 10_000) fate = await keep(++id);
const kept = spool.read({ topic: 'events', partition: 0 }, 0, 1_000_000_000).length;
for (let gone = 1; gone <= kept; gone++) spool.remove(gone, record);
await new Promise<void>((resolve) => spool.whenRemoved(resolve));
const again = await keep(id + 1);
console.log(JSON.stringify({ tried: id, kept, fate, again }));
