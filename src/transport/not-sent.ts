/** A request that certainly never left, as when the login before it failed: to send it again makes no duplicate. */
export class NotSent extends Error {
  override readonly name = 'NotSent';

  constructor(cause: unknown) {
    super('The request was not sent', { cause });
  }
}
