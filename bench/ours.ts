import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Destination } from '@walkeros/core';

/** The checkout whose package a row measures, where it is not this one. */
export const packageVariable = 'BENCH_PACKAGE';

/**
 * Our destination, loaded only where it is measured. The collector takes any destination; what is typed by its own
 * settings does not fit the general type, since parameters are checked both ways.
 */
export async function loadOurs(): Promise<Destination.Instance> {
  const folder = process.env[packageVariable];
  const index =
    folder === undefined
      ? new URL('../src/index.ts', import.meta.url)
      : pathToFileURL(join(resolve(folder), 'src', 'index.ts'));
  const { destinationKafka } = (await import(index.href)) as { destinationKafka: unknown };
  return destinationKafka as Destination.Instance;
}
