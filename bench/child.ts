/** `node bench/child.ts <part> <row> <context>`: runs one row and tells its parent what came out. */
import { isPartName, parts } from './parts.ts';
import { Skipped, type RowContext, type RowResult } from './row.ts';

export type ChildAnswer =
  | { readonly kind: 'measured'; readonly result: RowResult }
  | { readonly kind: 'skipped'; readonly reason: string };

// Without the parent nobody waits for the answer, and a broker of this row's own would live on.
process.once('disconnect', () => process.exit(1));

const [part = '', name = '', context = ''] = process.argv.slice(2);
if (!isPartName(part)) throw new Error(`no part ${part}`);
const row = (await parts[part]()).rows.find((row) => row.name === name);
if (row === undefined) throw new Error(`no row ${name} in ${part}`);

const answer: ChildAnswer = await row.run(JSON.parse(context) as RowContext).then(
  (result) => ({ kind: 'measured', result }),
  (error: unknown) => {
    if (error instanceof Skipped) return { kind: 'skipped', reason: error.message };
    throw error;
  },
);
// A library may leave a timer or a socket behind; a row's end is its answer.
process.send?.(answer, () => process.exit(0));
