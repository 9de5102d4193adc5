import type { Env } from '../types.ts';

/**
 * The env of `walkeros push --simulate`, which wraps the functions that `simulation` names and records their calls.
 * An arrow function, for walkerOS leaves alone what could be a class; not frozen, for it is wrapped in proxies.
 */
export const push: Env = { kafka: { send: () => undefined } };

/** The functions of `push` whose calls `--simulate` records. */
export const simulation = ['call:kafka.send'];
