import { longestTimer } from './values.ts';

/** What the collector waits for a push where `config.timeout` is not set. Milliseconds. */
const collectorDefault = 10_000;
/**
 * The part of the collector's limit that delivery may use. The rest is for what a push does before and after it: wait for a
 * destination that is being opened, and for its turn in a busy process.
 */
const deliveryShare = 4 / 5;

/**
 * The default of `deliveryTimeout` with a spool. The spool outlives the outage, so a push has no need to: it would only keep its
 * event in memory, and its HTTP client waiting, before the disk gets the record. Milliseconds.
 */
export const defaultWithSpool = 8_000;

/**
 * A request may use this part of `deliveryTimeout`: long enough that a broker waiting for a frozen follower still
 * answers, short enough that one more try fits in. A request given up on is where duplicates come from.
 */
export const requestShare = 5 / 8;
/**
 * With a spool no push waits for the request at its deadline, so it may outlast a frozen follower, which stalls all
 * acknowledgements for some nine seconds: given up on after five, as much as came meanwhile was stored twice (3,305 of the
 * 69,000 records of the reference chaos; now 13). Milliseconds.
 */
const requestWithSpool = 15_000;

/** How long a request may go unanswered, whatever `requestTimeout` says. Milliseconds. */
export function longestRequest(deliveryTimeout: number, hasSpool: boolean): number {
  return Math.max(deliveryTimeout * requestShare, hasSpool ? requestWithSpool : 0);
}

/** The two limits of a push that have to fit together, in ms. */
export interface Timeouts {
  /** By then each push is resolved or rejected. */
  readonly deliveryTimeout: number;
  /** By then the collector counts the push as failed. */
  readonly collectorTimeout: number;
}

/**
 * Makes `deliveryTimeout` end before the collector's limit. A limit that the user has set stands, and `deliveryTimeout` is shortened
 * to fit; one that is not set is raised.
 * @param wanted `deliveryTimeout`, as written or by default
 * @param isWritten then it stands as long as it ends before the limit
 * @param limit `config.timeout`, as it stands
 * @param mayRaise whether the collector will read a raised `config.timeout`, which it takes from what `init` returns
 */
export function timeouts(wanted: number, isWritten: boolean, limit: unknown, mayRaise: boolean): Timeouts {
  const set = collectorLimit(limit);
  if (set === undefined && mayRaise) {
    const raised = Math.min(longestTimer, Math.ceil(wanted / deliveryShare));
    return { deliveryTimeout: wanted, collectorTimeout: Math.max(collectorDefault, raised) };
  }
  const collectorTimeout = set ?? collectorDefault;
  if (isWritten && wanted < collectorTimeout) return { deliveryTimeout: wanted, collectorTimeout };
  const most = Math.max(1, Math.floor(collectorTimeout * deliveryShare));
  return { deliveryTimeout: Math.min(wanted, most), collectorTimeout };
}

/**
 * As the collector reads it: a value that is no positive number is ignored. The collector hands the number to a timer, and a timer
 * with too long a delay fires at once, so that every push would count as failed.
 */
function collectorLimit(limit: unknown): number | undefined {
  return typeof limit === 'number' && limit > 0 ? Math.min(limit, longestTimer) : undefined;
}
