import type { Figures } from './row.ts';
import { quantile } from './statistics.ts';

/** One after the other, each awaited: milliseconds of each. */
export async function sequential(
  count: number,
  send: (index: number) => Promise<unknown>,
): Promise<number[]> {
  const latencies: number[] = [];
  for (let index = 0; index < count; index++) {
    const begin = performance.now();
    await send(index);
    latencies.push(performance.now() - begin);
    // Without a pause for timers and sockets the next send would sit in the same turn as this one's answer.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return latencies;
}

/**
 * At a fixed rate whatever the answers do. A latency counts from when its send was due: one that starts late because the
 * process was busy has waited for that, too.
 */
export function openLoop(
  count: number,
  perSecond: number,
  send: (index: number) => Promise<unknown>,
): Promise<number[]> {
  const latencies: number[] = [];
  const begin = performance.now();
  const dueAt = (index: number): number => begin + (index * 1_000) / perSecond;
  let next = 0;
  return new Promise((resolve, reject) => {
    const ticker = setInterval(() => {
      for (const now = performance.now(); next < count && dueAt(next) <= now; next++) {
        const due = dueAt(next);
        send(next).then(() => {
          latencies.push(performance.now() - due);
          if (latencies.length === count) resolve(latencies);
        }, reject);
      }
      if (next === count) clearInterval(ticker);
    }, 1);
  });
}

export function spread(latencies: readonly number[]): Figures {
  return {
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    max: quantile(latencies, 1),
  };
}
