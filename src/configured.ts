import { findDestination } from './flow/destination.ts';
import { readFlowFile } from './flow/flow-file.ts';
import type { Environment } from './flow/references.ts';
import { resolveOptions, type Options } from './options/resolve.ts';
import { setupRegistry } from './options/resolve-setup.ts';
import { Registry } from './registry/registry.ts';

/** A destination of a flow file, as the commands work with it. */
export interface Configured {
  /** As the user named it, for the commands that messages name. */
  readonly path: string;
  readonly id: string;
  readonly options: Options;
  /** The mapping rules, as they stand in the file. */
  readonly mapping: unknown;
  readonly registry: Registry | undefined;
}

/** @throws KafkaError FLOW_INVALID or SETTINGS_INVALID */
export async function configuredDestination(
  path: string,
  wanted: string | undefined,
  environment: Environment,
): Promise<Configured> {
  const { id, config } = findDestination(await readFlowFile(path), wanted, environment);
  const { options } = resolveOptions(config.settings, { mapping: config.mapping, environment });
  // Only `walkeros setup` needs the whole of it, and says what is wrong with it.
  const facts = setupRegistry(config.setup);
  return { path, id, options, mapping: config.mapping, registry: facts && new Registry(facts) };
}

/** Only brokers, without a login. @throws KafkaError SETTINGS_INVALID */
export function plainConnection(brokers: readonly string[], topic: string): Options['connection'] {
  return resolveOptions({ kafka: { brokers, topic } }).options.connection;
}
