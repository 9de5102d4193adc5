import type { Secret } from '../../model/secret.ts';
import { keepFresh, type Perishable } from './keep-fresh.ts';

/** What an OAUTHBEARER login sends. */
export interface Bearer {
  readonly token: Secret<string>;
  /** SASL extensions (KIP-342), such as Confluent Cloud's `logicalCluster` and `identityPoolId`. */
  readonly extensions: Readonly<Record<string, string>>;
}

export type BearerSource = () => Promise<Bearer>;

/** A token as its issuer gives it. `expiresAt` in milliseconds since the epoch; undefined: not told. */
export interface Grant extends Bearer {
  readonly expiresAt: number | undefined;
}

/**
 * A token of unknown life is kept for the moment in which several connections open, and no longer. Milliseconds.
 */
const unknownLife = 3_000;

/**
 * The grant with its life: as told, or as the token itself says where it is a JWT and ends sooner, since a broker goes
 * by that.
 * @param issuedAt milliseconds since the epoch
 */
export function perishable({ token, extensions, expiresAt }: Grant, issuedAt: number): Perishable<Bearer> {
  const ends = [expiresAt, expiryOf(token)].filter((end) => end !== undefined);
  return {
    value: { token, extensions },
    issuedAt,
    expiresAt: ends.length > 0 ? Math.min(...ends) : issuedAt + unknownLife,
  };
}

/** Tokens of the user's own function. */
export function providedBearers(provide: () => Promise<Grant>, now: () => number = Date.now): BearerSource {
  return keepFresh(async () => {
    const issuedAt = now();
    return perishable(await provide(), issuedAt);
  }, now);
}

export function fixedBearer(token: Secret<string>): BearerSource {
  return () => Promise.resolve({ token, extensions: {} });
}

/** The first message of OAUTHBEARER (RFC 7628). */
export function bearerMessage({ token, extensions }: Bearer): string {
  const fields = [['auth', `Bearer ${token.reveal()}`], ...Object.entries(extensions)];
  return `n,,\x01${fields.map(([name, value]) => `${name}=${value}\x01`).join('')}\x01`;
}

/** Answers a challenge, which is a refusal. The broker says why, as an error, once it is acknowledged. */
export const acknowledgement = '\x01';

/** `exp` of a JWT, in milliseconds; undefined where there is none to be found. */
function expiryOf(token: Secret<string>): number | undefined {
  try {
    const claims: unknown = JSON.parse(
      Buffer.from(token.reveal().split('.')[1] ?? '', 'base64url').toString(),
    );
    if (typeof claims !== 'object' || claims === null || !('exp' in claims)) return undefined;
    return typeof claims.exp === 'number' ? claims.exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
