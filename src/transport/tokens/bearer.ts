import { jsonIn, propertyOf } from '../../model/foreign.ts';
import type { Secret } from '../../model/secret.ts';
import { keepFresh, type Fresh, type Perishable } from './keep-fresh.ts';

/** What a login with a token sends. */
export interface Bearer {
  readonly token: Secret<string>;
  /** SASL extensions (KIP-342), such as Confluent Cloud's `logicalCluster` and `identityPoolId`; a registry takes none. */
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
 * The grant with its life: as told, or as the token itself says where it is a JWT and ends sooner, since who
 * checks it goes by that.
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
export function providedBearers(provide: () => Promise<Grant>, now: () => number = Date.now): Fresh<Bearer> {
  return keepFresh(async () => {
    const issuedAt = now();
    return perishable(await provide(), issuedAt);
  }, now);
}

export function fixedBearer(token: Secret<string>): BearerSource {
  return () => Promise.resolve({ token, extensions: {} });
}

/** `exp` of a JWT, in milliseconds; undefined where there is none to be found. */
function expiryOf(token: Secret<string>): number | undefined {
  const claims = jsonIn(Buffer.from(token.reveal().split('.')[1] ?? '', 'base64url').toString());
  const end = propertyOf(claims, 'exp');
  return typeof end === 'number' ? end * 1000 : undefined;
}
