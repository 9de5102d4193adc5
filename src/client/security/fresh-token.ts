import type { Secret } from '../../vocabulary/secret.ts';

/** A bearer token and its life, in milliseconds since the epoch. */
export interface Token {
  readonly value: Secret<string>;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export type TokenSource = () => Promise<Secret<string>>;

/**
 * The part of a token's life after which a new one is fetched. The libraries log in again when four fifths of the
 * session are over, or a few seconds before its end: by then the token of the last login must not be good enough.
 */
const renewAfter = 2 / 3;

/**
 * Keeps one token and fetches the next before it expires; callers at the same time share one fetch. While the old
 * token lives a fetch that fails stays unseen: callers get the old one, and the next of them tries again.
 *
 * @param now milliseconds since the epoch
 * @throws whatever `fetch` throws, when there is no living token
 */
export function freshToken(fetch: () => Promise<Token>, now: () => number): TokenSource {
  let kept: Token | undefined;
  let fetching: Promise<Token> | undefined;

  async function renew(): Promise<Token> {
    try {
      kept = await fetch();
    } catch (failure) {
      if (kept === undefined || now() >= kept.expiresAt) throw failure;
    }
    return kept;
  }

  return async () => {
    if (kept !== undefined && !isDue(kept, now())) return kept.value;
    fetching ??= renew().finally(() => (fetching = undefined));
    return (await fetching).value;
  };
}

function isDue({ issuedAt, expiresAt }: Token, now: number): boolean {
  return now >= issuedAt + (expiresAt - issuedAt) * renewAfter;
}
