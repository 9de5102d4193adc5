const mebibyte = 2 ** 20;
const sampleMs = 50;

export type Measured = Readonly<Record<'events' | 'rate' | 'cpu' | 'main' | 'rss', number>>;

/** Events per second, CPU microseconds per event (of all threads, and of the main one), and the highest RSS seen in MiB. */
export async function measure(work: () => Promise<number>): Promise<Measured> {
  let rss = 0;
  // Sampled: the kernel's own peak counts what the parent held when it forked.
  const sampler = setInterval(() => (rss = Math.max(rss, process.memoryUsage.rss())), sampleMs);
  const cpuBefore = process.cpuUsage();
  const mainBefore = process.threadCpuUsage();
  const begin = performance.now();
  const events = await work();
  const seconds = (performance.now() - begin) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  const main = process.threadCpuUsage(mainBefore);
  clearInterval(sampler);
  rss = Math.max(rss, process.memoryUsage.rss());
  return {
    events,
    rate: events / seconds,
    cpu: (cpu.user + cpu.system) / events,
    main: (main.user + main.system) / events,
    rss: rss / mebibyte,
  };
}
