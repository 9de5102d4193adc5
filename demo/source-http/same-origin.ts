import type { IncomingMessage } from 'node:http';

/**
 * The origin of another's page that a request comes from; undefined where it comes from our own, or from no page at all.
 * Browsers name the origin with every POST, and pages cannot lie about it.
 */
export function foreignOrigin({ headers }: IncomingMessage): string | undefined {
  const { origin, host } = headers;
  if (origin === undefined) return undefined;
  return URL.canParse(origin) && new URL(origin).host === host ? undefined : origin;
}
