/** Run as root: looks at the spool named first as a user without rights, and prints the verdicts. */
import { spool } from '../../../../src/cli/doctor/checks/spool.ts';
import type { Target } from '../../../../src/cli/doctor/target.ts';
import { filesOf } from '../../../../src/spool/sqlite/database.ts';

const [path = ''] = process.argv.slice(2);
process.setgid?.(65_534);
process.setuid?.(65_534);
const files = filesOf(path);
const target = {
  path: 'flow.json',
  name: 'kafka',
  spool: { path, files, maxBytes: 1_000, status: () => Promise.resolve(undefined) },
} as unknown as Target;
console.log(JSON.stringify(await spool(target)));
