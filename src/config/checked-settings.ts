import type { Destination } from '@walkeros/core';
import { resolveOptions, type Resolved } from './resolve.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Types } from '../types.ts';
import { reasonOf } from '../model/errors.ts';

/**
 * The settings of a configured destination, checked and completed. Says what is wrong in the log as well: the walkerOS CLI shows
 * of a command that throws only that it did.
 * @param raisesTimeout whether the collector will take a `config.timeout` that the user has not set
 * @throws KafkaError SETTINGS_INVALID that lists every problem by its path
 */
export function checkedSettings(
  { config, logger }: { readonly config: Destination.Config<Types>; readonly logger: Pick<Logger, 'error'> },
  raisesTimeout?: boolean,
): Resolved {
  const { settings, timeout, mapping } = config;
  try {
    return resolveOptions(settings, { timeout, raisesTimeout, mapping });
  } catch (thrown) {
    logger.error(reasonOf(thrown));
    throw thrown;
  }
}
