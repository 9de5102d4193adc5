import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Collector, Elb, WalkerOS } from '@walkeros/core';
import type { Answer } from './answer.ts';

/** Why an event was not delivered, by destination; `collector` where none was asked. */
type Reasons = Readonly<Record<string, string>>;

/** Seconds. */
const retryAfter = '5';

interface Failure {
  readonly index: number;
  readonly reasons: Reasons;
  /** Whether the same event may be taken later. */
  readonly retry: boolean;
  /** Whether it may be stored all the same: sent again, it may then be there twice. */
  readonly mayHaveBeenWritten: boolean;
}

/**
 * Pushes the events of one request, together and in their order, and waits until every destination has answered.
 *
 * - 200: all of them stored by every destination.
 * - 202: taken, but the destinations named in `pending` do not tell: they batch, or their circuit breaker is open.
 * - 503 with Retry-After: at least one may be taken later. The others are delivered: send only those in `failed` again that say
 *   `retry`.
 * - 502: destinations refused at least one, and will refuse it again. The others are delivered.
 */
export async function deliver(
  collector: Pick<Collector.Instance, 'destinations'>,
  push: (event: WalkerOS.DeepPartialEvent) => Promise<Elb.PushResult>,
  events: readonly WalkerOS.DeepPartialEvent[],
): Promise<Answer> {
  const results = await pushAll(push, events);
  const failed: Failure[] = [];
  const pending = new Set<string>();
  for (const [index, result] of results.entries()) {
    const failure = failureOf(result);
    if (failure) failed.push({ index, ...failure });
    else for (const id of silent(collector, result)) pending.add(id);
  }
  const accepted = events.length - failed.length;
  if (failed.length > 0) {
    const error = `${failed.length} of ${events.length} events not delivered`;
    const body = { ok: false, error, accepted, failed };
    return failed.some(({ retry }) => retry)
      ? { status: 503, headers: { 'retry-after': retryAfter }, body }
      : { status: 502, body };
  }
  if (pending.size > 0) return { status: 202, body: { ok: true, accepted, pending: [...pending] } };
  return { status: 200, body: { ok: true, accepted } };
}

/**
 * All under way at once, but one started per turn of the event loop: inside one turn the collector lets events whose
 * rule maps nothing overtake those whose rule does. (While a destination opens it still may: they resume together.)
 */
async function pushAll(
  push: (event: WalkerOS.DeepPartialEvent) => Promise<Elb.PushResult>,
  events: readonly WalkerOS.DeepPartialEvent[],
): Promise<Elb.PushResult[]> {
  const results: Promise<Elb.PushResult>[] = [];
  for (const event of events) {
    results.push(attempt(push, event));
    await nextTurn();
  }
  return Promise.all(results);
}

async function attempt(
  push: (event: WalkerOS.DeepPartialEvent) => Promise<Elb.PushResult>,
  event: WalkerOS.DeepPartialEvent,
): Promise<Elb.PushResult> {
  try {
    return await push(event);
  } catch (thrown) {
    return { ok: false, failed: { collector: { type: 'collector', error: thrown } } };
  }
}

function failureOf(result: Elb.PushResult): Omit<Failure, 'index'> | undefined {
  const reasons: Record<string, string> = {};
  const errors = Object.entries(result.failed ?? {});
  for (const [id, { error }] of errors) {
    reasons[id] = error instanceof Error ? error.message : String(error);
  }
  for (const id of Object.keys(result.queued ?? {})) {
    reasons[id] = 'kept in memory by the collector: the destination could not start, or consent is missing';
  }
  if (!result.ok && Object.keys(reasons).length === 0) {
    reasons.collector = 'not taken: the collector is not running, or could not process the event';
  }
  if (Object.keys(reasons).length === 0) return undefined;
  // The Kafka destination's errors say both. Of others nothing is known.
  const retry =
    Object.keys(reasons).length > errors.length || errors.some(([, { error }]) => says(error, 'retriable'));
  return {
    reasons,
    retry,
    mayHaveBeenWritten: errors.some(([, { error }]) => says(error, 'mayHaveBeenWritten')),
  };
}

const says = (error: unknown, field: 'retriable' | 'mayHaveBeenWritten'): boolean =>
  !(typeof error === 'object' && error !== null && Reflect.get(error, field) === false);

/** Destinations that were to get the event and said neither done nor failed. A result without event was filtered out. */
function silent(collector: Pick<Collector.Instance, 'destinations'>, result: Elb.PushResult): string[] {
  if (result.event === undefined) return [];
  return Object.entries(collector.destinations)
    .filter(([id, destination]) => !destination.config.disabled && !(id in (result.done ?? {})))
    .map(([id]) => id);
}
