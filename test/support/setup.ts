import type { Destination } from '@walkeros/core';
import { destinationKafka } from '../../src/index.ts';
import type { Settings, Setup, Types } from '../../src/types.ts';

export interface SetupRun {
  /** What `walkeros setup --json` would print, or what was thrown. */
  readonly result: unknown;
  /** What was logged, as "LEVEL message". */
  readonly log: readonly string[];
}

/** The destination's `setup` as the walkeros CLI calls it, without `init` before it. Its id is "kafka". */
export async function runSetup(
  settings: Settings,
  setup: boolean | Setup,
  mapping?: Destination.Config<Types>['mapping'],
): Promise<SetupRun> {
  const log: string[] = [];
  const line = (level: string) => (message: string | Error) => {
    log.push(`${level} ${message instanceof Error ? message.message : message}`);
  };
  const logger = {
    error: line('ERROR'),
    warn: line('WARN'),
    info: line('INFO'),
    debug: line('DEBUG'),
    json: () => undefined,
    throw: (message: string | Error): never => {
      throw message instanceof Error ? message : new Error(message);
    },
    scope: () => logger,
  };
  const config = { settings, setup, ...(mapping && { mapping }) };
  const context = { id: 'kafka', config, env: {}, logger };
  const result: unknown = await Promise.resolve(destinationKafka.setup?.(context)).catch(
    (error: unknown) => error,
  );
  return { result, log };
}
