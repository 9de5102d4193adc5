import type * as platformatic from '@platformatic/kafka';
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

type Whole = typeof platformatic;

/** What is used of @platformatic/kafka. */
export type Library = Pick<
  Whole,
  | 'apiVersionsV1'
  | 'apiVersionsV3'
  | 'clientSoftwareName'
  | 'clientSoftwareVersion'
  | 'compressionsAlgorithms'
  | 'ConfigResourceTypes'
  | 'Connection'
  | 'loggers'
  | 'Reader'
  | 'saslPlain'
  | 'saslScramSha'
  | 'Writer'
  | Extract<keyof Whole, `${string}V${number}`>
>;

let loading: Promise<Library> | undefined;

/** The library, which prints nothing of a login: with `DEBUG=*` it prints each request with its bytes. */
export function loadLibrary(): Promise<Library> {
  return (loading ??= load());
}

async function load(): Promise<Library> {
  const library = await loadInTurns().catch(() => import('@platformatic/kafka'));
  const loggers = library.loggers as unknown as Record<string, Print | undefined>;
  if (loggers.protocol !== undefined) loggers.protocol = withoutLogins(loggers.protocol);
  return library;
}

/**
 * File by file, with a turn of the event loop after each. Imported as a whole the library blocks the loop for half a second, a
 * third of it for the producer, consumer and admin client, which are not used and compile a schema of each of their options.
 * @throws where a file is not where it is expected; `load` then imports it by its name, by which bundlers find it as well
 */
async function loadInTurns(): Promise<Library> {
  const folder = dirname(createRequire(import.meta.url).resolve('@platformatic/kafka'));
  const part = async (file: string): Promise<Partial<Whole>> => {
    await nextTurn();
    return (await import(pathToFileURL(join(folder, file)).href)) as Partial<Whole>;
  };
  for (const file of await readdir(join(folder, 'apis'), { recursive: true }))
    if (file.endsWith('.js') && !file.endsWith('index.js')) await part(join('apis', file));
  await part('protocol/murmur2.js');
  const apis = await part('apis/index.js');
  const protocol = await part('protocol/index.js');
  const utils = await part('utils.js');
  await nextTurn();
  // Compiles the schema of schemas, as the first schema would.
  void utils.ajv?.validateSchema({});
  const options = await part('clients/base/options.js');
  const network = await part('network/connection.js');
  return { ...apis, ...protocol, ...utils, ...options, ...network } as Library;
}

/** Kafka's request that carries passwords and tokens. */
const saslAuthenticate = 'SaslAuthenticate';

/** Of the package `debug`, which has no types here. */
type Print = (format: unknown, ...details: unknown[]) => void;

function withoutLogins(print: Print): Print {
  const quiet = (format: unknown, ...details: unknown[]): void => {
    if (details.some(isLogin)) print(format, { apiKey: saslAuthenticate });
    else print(format, ...details);
  };
  return Object.assign(quiet, print);
}

function isLogin(detail: unknown): boolean {
  return (
    typeof detail === 'object' && detail !== null && 'apiKey' in detail && detail.apiKey === saslAuthenticate
  );
}
