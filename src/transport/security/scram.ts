/** RFC 7677 wants no fewer. */
const fewest = 4096;
/** Kafka takes at most 16,384 for a user. So many take a second, and a thread of the pool for as long. */
const most = 1_000_000;

/**
 * The broker says how often the password is hashed: two thousand million times would keep a thread of the pool for an hour, and
 * the process from ending.
 * @throws Error
 */
export function checkIterations(iterations: number): void {
  if (iterations >= fewest && iterations <= most) return;
  throw new Error(`the broker asks for ${iterations} iterations of SCRAM; ${fewest} to ${most} are taken`);
}
