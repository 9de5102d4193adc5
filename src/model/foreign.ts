/** What is done with text, values and work that this package did not make: bounded, checked, and shown on one line. */

/**
 * What a terminal or a log viewer obeys instead of showing it: C0, DEL and C1, the separators of lines and paragraphs, and the
 * marks that turn the direction of the text.
 */
// eslint-disable-next-line no-control-regex
const controls = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
/** Those of them that stand in JSON unescaped. A line break there is one between tokens. */
const controlsOfJson = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * What comes from outside, on one line and with control characters as JSON escapes them (`\u001b`): names of events and topics,
 * keys, and the words of brokers and registries. Safe twice.
 */
export function printable(text: string): string {
  return text.replace(controls, escaped);
}

/** The same of JSON, which stays the JSON that it is. */
export function printableJson(json: string): string {
  return json.replace(controlsOfJson, escaped);
}

function escaped(control: string): string {
  return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** @throws where the text is longer than `mostBytes`; what is left of it is not read */
export async function boundedText(chunks: AsyncIterable<Uint8Array>, mostBytes: number): Promise<string> {
  const kept: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > mostBytes) throw new Error(`the answer is larger than ${mostBytes} bytes`);
    kept.push(chunk);
  }
  return Buffer.concat(kept).toString('utf8');
}

/** Printable ASCII without spaces: what a header, and a login of OAUTHBEARER, takes as a token. */
export function isBearerToken(token: string): boolean {
  return /^[\x21-\x7e]+$/.test(token);
}

/** A SASL extension (RFC 7628, 3.1): letters, and a value on one line. `auth` is the token itself. */
export function isSaslExtension(name: string, value: string): boolean {
  return /^[A-Za-z]+$/.test(name) && name !== 'auth' && /^[\x20-\x7e\t\r\n]*$/.test(value);
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** An object with names, and no list. */
export function isNamed(value: unknown): value is Readonly<Record<string, unknown>> {
  return isObject(value) && !Array.isArray(value);
}

/** None where the value is no object with names. */
export function entriesOf(value: unknown): [string, unknown][] {
  return isNamed(value) ? Object.entries(value) : [];
}

/** Undefined where the value is no object, or has no such property. */
export function propertyOf(value: unknown, name: string): unknown {
  return isObject(value) ? Reflect.get(value, name) : undefined;
}

/** Undefined where the text is no JSON. @param revive as `JSON.parse` takes it */
export function jsonIn(text: string, revive?: (name: string, value: unknown) => unknown): unknown {
  try {
    return JSON.parse(text, revive) as unknown;
  } catch {
    return undefined;
  }
}

/** Whether it throws nothing. */
export function succeeds(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}

/** Node's code of an error, such as `ENOENT`. */
export function codeOf(thrown: unknown): string | undefined {
  const code = propertyOf(thrown, 'code');
  return typeof code === 'string' ? code : undefined;
}

/** Every error within an error, the outermost first: `cause`s, aggregates, and kafkajs's `originalError`. */
export function flatten(thrown: unknown, seen = new Set<unknown>()): unknown[] {
  if (thrown === undefined || thrown === null || seen.has(thrown)) return [];
  seen.add(thrown);
  if (typeof thrown !== 'object') return [thrown];
  const inner: unknown[] =
    'errors' in thrown && Array.isArray(thrown.errors) ? [...(thrown.errors as unknown[])] : [];
  if ('cause' in thrown) inner.push(thrown.cause);
  if ('originalError' in thrown) inner.push(thrown.originalError);
  return [thrown, ...inner.flatMap((error) => flatten(error, seen))];
}

/** What the work resolves to; undefined where that takes longer than `ms`. */
export async function within<Result>(ms: number, work: Promise<Result>): Promise<Result | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, ms, undefined)));
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}

/** What the work resolves to; undefined where the signal comes first. The work goes on, and nobody waits for it. */
export async function beforeStop<Result>(
  work: Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result | undefined> {
  const { promise: stopped, resolve } = Promise.withResolvers<undefined>();
  const stop = (): void => resolve(undefined);
  if (signal?.aborted === true) stop();
  // One listener for each call: a race against one lasting promise would keep the results of all of them.
  signal?.addEventListener('abort', stop);
  try {
    return await Promise.race([stopped, work]);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
