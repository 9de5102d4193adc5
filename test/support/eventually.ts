import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Polls until `probe` gives something truthy, and returns that. Assertions that fail inside count as "not yet".
 * It waits long: what holds is there in a moment on a quiet machine, and a busy one fails no test.
 * @param what completes "gave up waiting until …"
 */
export async function eventually<Answer>(
  what: string,
  probe: () => Answer | Promise<Answer>,
  { timeoutMs = 30_000, everyMs = 20 }: { readonly timeoutMs?: number; readonly everyMs?: number } = {},
): Promise<NonNullable<Answer>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    let last: unknown;
    try {
      const answer = await probe();
      if (answer !== null && answer !== undefined && answer !== false) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      const state = last instanceof Error ? last.message : String(last);
      throw new Error(`Gave up waiting until ${what} after ${String(timeoutMs)} ms; last: ${state}`, {
        cause: last,
      });
    }
    await sleep(everyMs);
  }
}
