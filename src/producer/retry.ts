import type { KafkaError } from '../model/errors.ts';

/** `settings.kafka.retry`. Milliseconds. */
export interface RetryPolicy extends Pauses {
  readonly retries: number;
}

export interface Pauses {
  readonly initialRetryTime: number;
  readonly maxRetryTime: number;
}

/**
 * Between two tries to reach a broker, as Java's `reconnect.backoff.ms` and its `max`: `settings.kafka.retry` is for answers.
 * Paused by that, a partition whose leader was replaced after ten seconds was sent to after twenty-four.
 */
export const reconnect = { initialRetryTime: 100, maxRetryTime: 1_000 };

const unreachedCodes: ReadonlySet<string> = new Set(['BROKER_UNREACHABLE', 'REQUEST_FAILED']);

/** A login that failed is an answer: brokers lock users out, and credentials may cost their provider something. */
export function pausesAfter(error: KafkaError, retry: RetryPolicy): Pauses {
  return unreachedCodes.has(error.code) ? reconnect : retry;
}

/** Up to a fifth more or less, so that lanes which failed together do not come back together. */
const jitter = 0.2;

/**
 * The pause before try number `attempt` (1 is the first repetition): doubling from `initialRetryTime` up to
 * `maxRetryTime`, with jitter.
 *
 * @param random a number in [0, 1)
 */
export function backoff(attempt: number, policy: Pauses, random: number): number {
  const doubled = policy.initialRetryTime * 2 ** Math.min(attempt - 1, 30);
  const capped = Math.min(doubled, policy.maxRetryTime);
  return Math.round(Math.min(capped * (1 - jitter + 2 * jitter * random), policy.maxRetryTime));
}

/**
 * Shortens a pause so that one more try comes before the deadline: to half the time that is left, but never below
 * `initialRetryTime`. Without it, a cluster that was away for five seconds of eight is found to be back after nine.
 *
 * @param timeLeft milliseconds until the oldest record's deadline
 */
export function inTime(pause: number, timeLeft: number, { initialRetryTime }: Pauses): number {
  return Math.min(pause, Math.max(Math.round(timeLeft / 2), initialRetryTime));
}

/** A disk that failed is asked again after so many milliseconds. */
export const diskPause = 1_000;

/** A refused set-up stays refused until somebody changes it: waiting for the deadline would help nobody. */
const finalCodes: ReadonlySet<string> = new Set([
  'NOT_AUTHORIZED',
  'TOPIC_INVALID',
  'AUTHENTICATION_FAILED',
  'TLS_FAILED',
  'DESTINATION_CLOSED',
]);

/** Nothing about a record or its topic, so that a spool may keep records until it is put right. */
const connectionCodes: ReadonlySet<string> = new Set(['AUTHENTICATION_FAILED', 'TLS_FAILED']);

export function isFinal(error: KafkaError, spooled: boolean): boolean {
  return finalCodes.has(error.code) && !(spooled && connectionCodes.has(error.code));
}
