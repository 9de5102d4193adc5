import type { Library } from './apis.ts';

/** Kafka's request that carries passwords and tokens. */
const saslAuthenticate = 'SaslAuthenticate';

/** Of the package `debug`, which has no types here. */
type Print = (format: unknown, ...details: unknown[]) => void;

/** The library, which prints nothing of a login: with `DEBUG=*` it prints each request with its bytes. */
export async function loadLibrary(): Promise<Library> {
  const library = await import('@platformatic/kafka');
  const loggers = library.loggers as unknown as Record<string, Print | undefined>;
  if (loggers.protocol !== undefined) loggers.protocol = withoutLogins(loggers.protocol);
  return library;
}

const made = new WeakSet<Print>();

function withoutLogins(print: Print): Print {
  if (made.has(print)) return print;
  const quiet = (format: unknown, ...details: unknown[]): void => {
    if (details.some(isLogin)) print(format, { apiKey: saslAuthenticate });
    else print(format, ...details);
  };
  const wrapped = Object.assign(quiet, print);
  made.add(wrapped);
  return wrapped;
}

function isLogin(detail: unknown): boolean {
  return (
    typeof detail === 'object' && detail !== null && 'apiKey' in detail && detail.apiKey === saslAuthenticate
  );
}
