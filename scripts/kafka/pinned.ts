/** A command line that runs on the given processors only (Linux: `taskset`); the same command line where none are given. */
export function pinnedTo(
  cpus: string | undefined,
  program: string,
  args: readonly string[],
): [program: string, ...args: string[]] {
  return cpus === undefined ? [program, ...args] : ['taskset', '--cpu-list', cpus, program, ...args];
}
