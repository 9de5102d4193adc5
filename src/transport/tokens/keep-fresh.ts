import { within } from '../../model/foreign.ts';

/** Something that dies, such as a token, and its life in milliseconds since the epoch. */
export interface Perishable<Value> {
  readonly value: Value;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/**
 * The part of a life after which a successor is fetched. The libraries log in again when four fifths of the session
 * are over: by then the token of the last login must not be good enough.
 */
const renewAfter = 2 / 3;

/**
 * The last part of a life does not count: a token that dies on its way to the broker is refused. And a session takes no
 * second login within its first second, which one that short would need. A twentieth, within these bounds in ms, and
 * never more than a quarter.
 */
const margin = { part: 1 / 20, least: 1_500, most: 5_000, never: 1 / 4 };

/** How long a caller waits for the successor while the old one lives. Less than a connection's time-out. Milliseconds. */
const renewalTimeout = 500;

/** Pauses between fetches that fail, doubling. Milliseconds. */
const backoff = { first: 500, most: 5_000 };

/** The one kept, while it lives long enough. */
export interface Fresh<Value> {
  (): Promise<Value>;
  /**
   * The value was refused, though it should live: another is fetched when the next is asked for.
   * @returns whether the next may be another. One that was fetched just now is kept: who refuses all would have one fetched each time.
   */
  forget(value: Value): boolean;
}

/**
 * Keeps one value and fetches the next before it expires; callers at the same time share one fetch. While the old
 * one lives, a fetch that fails or takes its time stays unseen. A failing source is asked again after growing pauses
 * only, whoever calls meanwhile.
 *
 * @param now milliseconds since the epoch
 * @throws whatever `fetch` threw last, when there is nothing that lives
 */
export function keepFresh<Value>(
  fetch: () => Promise<Perishable<Value>>,
  now: () => number = Date.now,
): Fresh<Value> {
  let kept: Perishable<Value> | undefined;
  let fetching: Promise<Value> | undefined;
  let failures = 0;
  let failed: { readonly reason: unknown; readonly until: number } | undefined;

  async function renew(): Promise<Value> {
    try {
      kept = await fetch();
      failures = 0;
      failed = undefined;
      return kept.value;
    } catch (reason) {
      const pause = Math.min(backoff.first * 2 ** failures, backoff.most);
      failures += 1;
      failed = { reason, until: now() + pause };
      throw reason;
    }
  }

  const fresh = async (): Promise<Value> => {
    const old = kept !== undefined && isAlive(kept, now()) ? kept : undefined;
    if (old !== undefined && !isDue(old, now())) return old.value;
    if (failed !== undefined && isRecent(failed.until, now())) {
      if (old === undefined) throw failed.reason;
      return old.value;
    }
    fetching ??= renew().finally(() => (fetching = undefined));
    return old === undefined ? fetching : firstOf(fetching, old.value);
  };
  return Object.assign(fresh, {
    forget(value: Value) {
      if (kept?.value !== value) return true;
      if (isRecent(kept.issuedAt + backoff.most, now())) return false;
      kept = undefined;
      return true;
    },
  });
}

function isDue({ issuedAt, expiresAt }: Perishable<unknown>, now: number): boolean {
  return now >= issuedAt + (expiresAt - issuedAt) * renewAfter;
}

/** More than the longest pause ahead: the wall clock was set back, and would hold the failure for as long. */
function isRecent(until: number, now: number): boolean {
  return now < until && until - now <= backoff.most;
}

/** Not before it was issued: the wall clock was set back, and would keep it for as long beyond its life. */
function isAlive({ issuedAt, expiresAt }: Perishable<unknown>, now: number): boolean {
  const life = expiresAt - issuedAt;
  const within = Math.max(margin.least, Math.min(life * margin.part, margin.most));
  return now >= issuedAt && now < expiresAt - Math.min(within, life * margin.never);
}

/** The new value, or the old one where the new one fails or is not there in time. */
async function firstOf<Value>(fetching: Promise<Value>, old: Value): Promise<Value> {
  const fetched = fetching.catch(() => old);
  return (await within(renewalTimeout, fetched)) ?? old;
}
