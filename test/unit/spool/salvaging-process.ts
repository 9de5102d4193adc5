/** Opens the spool named first twice at most, and says what became of it, and what it was told. */
import { openSpool } from '../../../src/spool/open.ts';
import { reasonOf } from '../../../src/model/errors.ts';

const [path = ''] = process.argv.slice(2);
const told: string[] = [];
const open = () =>
  openSpool({ path, maxBytes: 1_000_000_000, lockTimeout: 0 }, ({ kind }) => told.push(kind)).then(
    () => 'open',
    (thrown: unknown) => reasonOf(thrown),
  );
const first = await open();
console.log(JSON.stringify({ fates: first === 'open' ? [first] : [first, await open()], told }));
setInterval(() => undefined, 1_000);
