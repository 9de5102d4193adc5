import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';

type Rows = Record<string, SQLOutputValue>[];

/** Larger files are read as a whole by a thread of their own: a gigabyte takes two to three seconds. Bytes. */
const largeFile = 16 * 1024 * 1024;

/** A string, for a bundle has no file of it. */
const program = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { DatabaseSync } = require('node:sqlite');
  const database = new DatabaseSync(workerData.path);
  try {
    database.exec('PRAGMA busy_timeout = 1000; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0');
    parentPort.postMessage({ results: workerData.statements.map((sql) => database.prepare(sql).all()) });
  } catch ({ message, errcode }) {
    parentPort.postMessage({ failure: { message, errcode } });
  } finally {
    database.close();
  }
`;

/**
 * Runs statements that read the whole file, one after the other. Large files do not block the loop meanwhile; nothing else may
 * use `database` until this resolves.
 * @param bytes of the file
 * @returns the rows of each
 * @throws whatever SQLite says
 */
export async function runApart(
  database: DatabaseSync,
  path: string,
  bytes: number,
  statements: readonly string[],
): Promise<Rows[]> {
  const here = (): Rows[] => statements.map((sql) => database.prepare(sql).all());
  if (bytes <= largeFile) return here();
  let answer: { readonly results?: Rows[]; readonly failure?: { message: string; errcode?: number } };
  try {
    const worker = new Worker(program, {
      eval: true,
      workerData: { path, statements },
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    const exited = once(worker, 'exit');
    [answer] = (await once(worker, 'message')) as [typeof answer];
    await exited;
  } catch {
    // No threads for this process: then the loop has to wait.
    return here();
  }
  const { results, failure } = answer;
  if (results === undefined) throw Object.assign(new Error(failure?.message), { errcode: failure?.errcode });
  return results;
}
