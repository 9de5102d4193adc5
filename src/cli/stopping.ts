import { beforeStop } from '../model/foreign.ts';

/** The command was stopped; its last request still runs. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/**
 * The result of the work, unless the signal comes first: a request to a frozen broker takes seconds to fail, and Ctrl-C must
 * not wait for that. The work goes on, and its result is dropped.
 * @throws Stopped
 */
export async function unlessStopped<Result extends object>(
  work: Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  const result = await beforeStop(work, signal);
  if (result === undefined) throw new Stopped();
  return result;
}

/** Passes on what comes until the signal, and then ends without an error. */
export async function* untilStopped<One>(
  source: AsyncGenerator<One, void, undefined>,
  signal: AbortSignal,
): AsyncGenerator<One, void, undefined> {
  try {
    for (;;) {
      const next = await unlessStopped(source.next(), signal);
      if (next.done === true) return;
      yield next.value;
    }
  } catch (thrown) {
    if (!(thrown instanceof Stopped)) throw thrown;
  } finally {
    // Not waited for: it returns only after the request that still runs.
    source.return().catch(() => undefined);
  }
}
