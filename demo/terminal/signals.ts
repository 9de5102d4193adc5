/**
 * In a terminal one Ctrl-C arrives twice: from the terminal, which tells the whole group, and from npm, which passes on
 * what it got. What comes this soon after the first is the same keystroke. Milliseconds.
 */
const sameKeystroke = 400;

/**
 * Tells apart the first wish to stop from the second.
 * @param now milliseconds, from any fixed point
 */
export function stopSignals(
  first: () => void,
  second: () => void,
  now: () => number = () => performance.now(),
): () => void {
  let stoppedAt: number | undefined;
  return () => {
    if (stoppedAt === undefined) {
      stoppedAt = now();
      first();
    } else if (now() - stoppedAt > sameKeystroke) second();
  };
}

/** As shells report a process that Ctrl-C ended. */
export const interrupted = 130;

export interface Stop {
  /** Resolves with the first signal. */
  readonly wished: Promise<void>;
  /** From now on there is something to finish: until then the first signal ends at once, after it the second. */
  ready(): void;
}

/** Whatever was started ends by itself when its pipe from this process closes, so `process.exit` leaves nothing behind. */
export function listenForStop(): Stop {
  const { promise: wished, resolve } = Promise.withResolvers<void>();
  let ready = false;
  const quit = (): never => process.exit(interrupted);
  const onStop = stopSignals(() => (ready ? resolve() : quit()), quit);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onStop);
  // Whoever read the output has gone (`npm start | head`); every further line fails as well, and means nothing more.
  process.stdout.once('error', onStop).on('error', () => undefined);
  return { wished, ready: () => (ready = true) };
}
