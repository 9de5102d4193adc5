import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { WalkerOS } from '@walkeros/core';
import { generateEvents } from './generate.ts';

/** A file of events, one JSON a line, gzipped where its name says so. */
const fileVariable = 'BENCH_EVENTS';
const realEvents = fileURLToPath(new URL('../../shared/data/requests.ndjson.gz', import.meta.url));

/** Which events the bench pushes, over and over: the file that `BENCH_EVENTS` names, else real ones, else generated ones. */
export function eventSource(): { readonly name: string; readonly file: string | undefined } {
  const file = process.env[fileVariable];
  if (file) return { name: 'events of a file of your own', file };
  if (existsSync(realEvents)) return { name: 'real events (requests.ndjson.gz)', file: realEvents };
  return { name: 'generated events', file: undefined };
}

let read: WalkerOS.Event[] | undefined;

/** Read once: to parse them takes a tenth of a second. */
export function readEvents(): WalkerOS.Event[] {
  const { file } = eventSource();
  return (read ??= file === undefined ? generateEvents(9_999) : parse(file));
}

function parse(file: string): WalkerOS.Event[] {
  const bytes = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
  const lines = text.split('\n').filter((line) => line !== '');
  if (lines.length === 0) throw new Error(`${fileVariable}: no events in it`);
  return lines.map((line) => JSON.parse(line) as WalkerOS.Event);
}

/** Endless: the event for the n-th push. */
export function nth<Item>(items: readonly Item[], index: number): Item {
  const item = items[index % items.length];
  if (item === undefined) throw new RangeError('nothing to choose from');
  return item;
}
