import { reasonOf } from '../vocabulary/errors.ts';
import type { Logger } from './log.ts';

/** Runs what listens: a log handler, an exporter, an SDK. Others' code must not decide what becomes of a record. */
export type Guard = <Result>(listen: () => Result) => Result | undefined;

/** Tells of the first fault, and swallows it like all others. */
export function createGuard(logger: Logger): Guard {
  let told = false;
  return (listen) => {
    try {
      return listen();
    } catch (thrown) {
      if (!told) {
        told = true;
        logger.error(
          `A log handler or the OpenTelemetry SDK failed: ${reasonOf(thrown)}. Deliveries go on; ` +
            'lines, metrics or spans may be missing from here on.',
        );
      }
      return undefined;
    }
  };
}

/** The same logger, whose lines are lost where its handler throws. */
export function carefulLogger(logger: Logger): Logger {
  const careful = (level: keyof Logger) => (message: string) => {
    try {
      logger[level](message);
    } catch {
      // There is nobody left to tell.
    }
  };
  return {
    error: careful('error'),
    warn: careful('warn'),
    info: careful('info'),
    debug: careful('debug'),
  };
}
