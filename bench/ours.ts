import type { Destination } from '@walkeros/core';

/**
 * Our destination, loaded only where it is measured. The collector takes any destination; what is typed by its own
 * settings does not fit the general type, since parameters are checked both ways.
 */
export async function loadOurs(): Promise<Destination.Instance> {
  const { destinationKafka } = await import('../src/index.ts');
  return destinationKafka as unknown as Destination.Instance;
}
