import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unassigned } from '../src/model/spool.ts';
import { openSpool } from '../src/spool/open.ts';
import { nth, readEvents } from './data.ts';
import type { RowContext } from './row.ts';

/**
 * A spool as a process leaves it that never reached a broker. What is not kept yet when a spool closes is dropped from it.
 * @param padding bytes more in each value
 */
export async function fillSpool(
  { topic, events: count }: RowContext,
  path: string,
  padding = 0,
): Promise<void> {
  const events = readEvents();
  const file = await openSpool({ path, maxBytes: Infinity }, () => undefined);
  const headers = { 'content-type': 'application/json' };
  const more = padding === 0 ? {} : { padding: 'x'.repeat(padding) };
  let kept: Promise<void>[] = [];
  for (let id = 1; id <= count; id++) {
    const event = nth(events, id);
    const key = Buffer.from(String(event.user.session ?? event.name));
    const value = Buffer.from(JSON.stringify({ ...event, ...more }));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    file.append(id, { topic, key, value, headers, timestamp: event.timestamp }, unassigned, (error) =>
      error === undefined ? resolve() : reject(error),
    );
    kept.push(promise);
    if (kept.length < 10_000) continue;
    await Promise.all(kept);
    kept = [];
  }
  await Promise.all(kept);
  await file.close();
}

/** In a folder of its own, which goes with the work. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'kafka-bench-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
