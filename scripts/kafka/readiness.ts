import { setTimeout as sleep } from 'node:timers/promises';
import { withAdmin } from './admin.ts';

export interface Waiting {
  /** Asked through this address, which is not behind a proxy. */
  readonly direct: string;
  /** All of these must count as alive. */
  readonly nodeIds: readonly number[];
  readonly timeoutMs: number;
  /** Why waiting on is pointless: the process has ended. */
  readonly failure: () => Promise<string | undefined>;
}

/** Polls a node until it answers requests and its metadata lists the given nodes as alive. */
export async function untilAlive({ direct, nodeIds, timeoutMs, failure }: Waiting): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    let last: string;
    const reason = await failure();
    if (reason !== undefined) throw new Error(reason);
    try {
      const alive = await withAdmin([direct], async (admin) => {
        const metadata = await admin.metadata({ topics: [], forceUpdate: true });
        return [...metadata.brokers.keys()];
      });
      if (nodeIds.every((id) => alive.includes(id))) return;
      last = `only nodes ${alive.join(', ')} are alive`;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    if (Date.now() > deadline)
      throw new Error(`Kafka at ${direct} was not ready after ${String(timeoutMs)} ms: ${last}`);
    await sleep(100);
  }
}
