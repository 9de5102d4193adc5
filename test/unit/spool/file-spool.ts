import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import { openSpool } from '../../../src/spool/open.ts';
import type { Notice } from '../../../src/model/notice.ts';
import type { KafkaRecord } from '../../../src/model/record.ts';
import type { Spool } from '../../../src/model/spool.ts';

export const record = (value: string, topic = 'events'): KafkaRecord => ({
  topic,
  key: Buffer.from('k'),
  value: Buffer.from(value),
  headers: {},
  timestamp: 0,
});
export const place = { topic: 'events', partition: 0 };

export async function open(path: string, notices: Notice[] = []): Promise<Spool> {
  return openSpool({ path, maxBytes: 1_000_000_000, lockTimeout: 0 }, (notice) => notices.push(notice));
}

export function keep(spool: Spool, id: number, kept: KafkaRecord): Promise<void> {
  return new Promise((resolve, reject) => {
    spool.append(id, kept, 0, (error) => (error ? reject(error) : resolve()));
  });
}

/** A spool of an earlier run that holds so many records of so many bytes. */
export async function filled(path: string, count: number, bytes = 1_000): Promise<void> {
  const spool = await open(path);
  await Promise.all(
    Array.from({ length: count }, (_, index) => keep(spool, index + 1, record(`${index}`.padEnd(bytes)))),
  );
  await spool.close();
}

/** Where no record is: all can still be read. */
export function damageIndex(path: string): void {
  const database = new DatabaseSync(path);
  const page = database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'place'").get()?.rootpage;
  database.close();
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(4_096, 0xff), 0, 4_096, (Number(page) - 1) * 4_096);
  closeSync(file);
}

/** Runs one of the programs beside this file. @param shell what the shell does before */
export function start(
  t: TestContext,
  file: string,
  args: readonly string[],
  shell = '',
): { line: Promise<string>; kill(): Promise<unknown> } {
  const script = join(import.meta.dirname, file);
  const child = spawn('sh', ['-c', `${shell} exec "$0" "$@"`, process.execPath, script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const kill = () => {
    child.kill('SIGKILL');
    return exited;
  };
  t.after(kill);
  const line = once(child.stdout, 'data').then(([chunk]) => String(chunk).trim());
  return { line, kill };
}
