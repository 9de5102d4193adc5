import { reasonOf } from '../model/errors.ts';
import type { Logger } from './log.ts';

/** What listens is others' code: a log handler, an exporter, an SDK. It must not decide what becomes of a record. */
export class Guard {
  readonly #logger: Logger;
  #told = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Runs what may throw. */
  run(listen: () => void): void {
    try {
      listen();
    } catch (thrown) {
      this.fault(thrown);
    }
  }

  /** Tells of the first one, and swallows it like all others. */
  fault(thrown: unknown): void {
    if (this.#told) return;
    this.#told = true;
    this.#logger.error(
      `A log handler or the OpenTelemetry SDK failed: ${reasonOf(thrown)}. Deliveries go on; ` +
        'lines, metrics or spans may be missing from here on.',
    );
  }
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
