import type { Destination } from '@walkeros/core';
import { resolveOptions, type Resolved } from './options/resolve.ts';
import type { Types } from './types.ts';
import { reasonOf } from './vocabulary/errors.ts';

/**
 * The settings of a configured destination, checked and completed. Says what is wrong in the log as well: of an `init` that
 * throws, the walkerOS CLI shows only that it did.
 * @throws KafkaError SETTINGS_INVALID that lists every problem by its path
 */
export function checkedSettings({
  config,
  logger,
}: Pick<Destination.Context<Types>, 'config' | 'logger'>): Resolved {
  const { settings, timeout, mapping } = config;
  try {
    return resolveOptions(settings, { collectorTimeout: timeout, mapping });
  } catch (thrown) {
    if (!faulty.has(config)) logger.error(reasonOf(thrown));
    faulty.add(config);
    throw thrown;
  }
}

/** Configurations whose faults were told, for `init` runs once for each of the first pushes. */
const faulty = new WeakSet<Destination.Config<Types>>();
