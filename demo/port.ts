import { createServer } from 'node:net';

export const host = '127.0.0.1';

/** What stands in the way of listening on a port, in one sentence with the way out. */
export class PortError extends Error {}

export interface ChosenPort {
  /** 0: the system gives a free one. */
  readonly port: number;
  /** Why it is not the one that was wanted. */
  readonly note?: string;
}

/**
 * Looks before anything is started: a port that is taken should not cost the wait for a broker.
 * @param given whether somebody asked for this very port
 * @throws PortError when it was asked for and cannot be had
 */
export async function choosePort(wanted: number, given: boolean): Promise<ChosenPort> {
  const code = await attempt(wanted);
  if (code === undefined) return { port: wanted };
  const reason = code === 'EADDRINUSE' ? 'is taken' : `cannot be used (${code})`;
  if (given) {
    throw new PortError(
      `Port ${wanted} ${reason}: free it, or name another with --port N (0: any free one).`,
    );
  }
  return { port: 0, note: `port ${wanted} ${reason}, so this is a free one; --port N names another` };
}

function attempt(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}
