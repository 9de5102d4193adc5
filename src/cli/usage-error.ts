/** A command line that cannot be understood: said without a stack, with where to read on. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
