/** Somebody wants no more of it; what was asked last is still under way. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/**
 * What the work resolves to, unless the signal comes first: a question to a frozen broker takes seconds to fail, and Ctrl-C
 * was not heard until then. The work goes on, and nobody hears of its end.
 * @throws Stopped
 */
export async function unlessStopped<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = (): void => {
    work.catch(() => undefined);
    reject(new Stopped());
  };
  if (signal.aborted) stop();
  // One listener a question: a race against one lasting promise would keep the results of all of them.
  signal.addEventListener('abort', stop);
  try {
    return await Promise.race([stopped, work]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Passes on what comes until the signal, and ends there without an error. */
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
    // Not waited for: it comes after the question under way.
    source.return().catch(() => undefined);
  }
}
