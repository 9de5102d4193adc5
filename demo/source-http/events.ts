import type { IncomingMessage } from 'node:http';
import type { WalkerOS } from '@walkeros/core';
import { Refusal } from './answer.ts';

const maxReported = 20;

/**
 * The events of a request: one object, an array of them, or `{ "batch": [...] }`.
 * All or nothing: one invalid event and none of the request is taken, so a client can correct it and send it again.
 *
 * @throws Refusal 400, 413 or 415, saying what to change and, for events, at which index.
 */
export async function readEvents(
  request: IncomingMessage,
  limit: number,
): Promise<WalkerOS.DeepPartialEvent[]> {
  checkHeaders(request);
  const events = unwrap(parse(await readBody(request, limit)));
  const invalid = events.flatMap((event, index) => {
    const reason = fault(event);
    return reason === undefined ? [] : [{ index, reason }];
  });
  const [first] = invalid;
  if (first) {
    const which = `${invalid.length} of ${events.length} events invalid, nothing was taken`;
    throw new Refusal(
      400,
      `event ${first.index}: ${first.reason} (${which})`,
      {},
      {
        invalid: invalid.slice(0, maxReported),
      },
    );
  }
  return (events as Event[]).map(named);
}

function checkHeaders(request: IncomingMessage): void {
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type !== 'application/json' && !/^application\/[\w.-]+\+json$/.test(type)) {
    throw new Refusal(
      415,
      `send application/json, not ${type === '' ? 'a body without content type' : type}`,
    );
  }
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw new Refusal(415, `send the body as it is, not ${encoding}`);
}

function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const announced = Number(request.headers['content-length'] ?? 0);
    // What is too much is still read and thrown away: a client that has not finished sending would miss the answer.
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (Math.max(size, announced) > limit) reject(tooLarge(limit));
      else chunks.push(chunk);
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
    request.on('close', () =>
      reject(new Refusal(400, 'the client closed the connection before the body was complete')),
    );
    if (announced > limit) reject(tooLarge(limit));
  });
}

function tooLarge(limit: number): Refusal {
  return new Refusal(413, `the body is larger than ${limit} bytes: send fewer events at a time`, {
    connection: 'close',
  });
}

function parse(body: Buffer): unknown {
  if (body.length === 0)
    throw new Refusal(400, 'the body is empty: send an event, an array, or { "batch": [...] }');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (thrown) {
    throw new Refusal(
      400,
      `the body is not JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
    );
  }
}

function unwrap(value: unknown): unknown[] {
  const events = isObject(value) && 'batch' in value && !('name' in value) ? value.batch : value;
  if (Array.isArray(events) && events.length === 0) throw new Refusal(400, 'there are no events in the body');
  if (Array.isArray(events)) return events;
  if (events === value) return [value];
  throw new Refusal(400, '"batch" must be an array of events');
}

type Event = Record<string, unknown>;

const kinds: Readonly<Record<string, readonly string[]>> = {
  object: ['data', 'context', 'globals', 'custom', 'user', 'consent', 'source'],
  string: ['name', 'id', 'trigger', 'entity', 'action'],
  number: ['timestamp', 'timing'],
  array: ['nested'],
};

/** What keeps a value from being an event that the collector can complete; undefined when nothing does. */
function fault(event: unknown): string | undefined {
  if (!isObject(event)) return `must be an object, not ${kindOf(event)}`;
  for (const [kind, fields] of Object.entries(kinds)) {
    for (const field of fields) {
      const value = event[field];
      if (value !== undefined && kindOf(value) !== kind)
        return `"${field}" must be ${kind}, not ${kindOf(value)}`;
    }
  }
  const { name = `${text(event.entity)} ${text(event.action)}` } = event;
  const [entity, action] = text(name).split(' ');
  if (!entity || !action)
    return '"name" must be an entity and an action with one space between, such as "page view"';
  if (entity === 'walker') return `"${text(name)}" is a command to the collector, not an event`;
  return undefined;
}

/** The collector insists on a name; clients may send its two halves instead. */
function named(event: Event): WalkerOS.DeepPartialEvent {
  return event.name === undefined ? { ...event, name: `${text(event.entity)} ${text(event.action)}` } : event;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isObject(value: unknown): value is Event {
  return kindOf(value) === 'object';
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
