import type { Figures } from './row.ts';

const mebibyte = 2 ** 20;
const sampleMs = 50;

/** Events per second, CPU microseconds per event (all threads), and the highest RSS seen in MiB. */
export async function measure(work: () => Promise<number>): Promise<Figures & { readonly events: number }> {
  let rss = 0;
  // Sampled: the kernel's own peak counts what the parent held when it forked.
  const sampler = setInterval(() => (rss = Math.max(rss, process.memoryUsage.rss())), sampleMs);
  const cpuBefore = process.cpuUsage();
  const begin = performance.now();
  const events = await work();
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  clearInterval(sampler);
  rss = Math.max(rss, process.memoryUsage.rss());
  return { events, rate: events / seconds, cpu: (user + system) / events, rss: rss / mebibyte };
}
