import { printable } from '../model/printable.ts';

/** The part of walkerOS' logger that setup writes to. Values go into the text: the walkerOS CLI drops log contexts. */
export interface SetupLog {
  info(message: string): void;
  warn(message: string): void;
}

/** What brokers and registries say adds no line of its own. */
export function printableLog(log: SetupLog): SetupLog {
  return {
    info: (message) => log.info(printable(message)),
    warn: (message) => log.warn(printable(message)),
  };
}
