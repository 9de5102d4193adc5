import type { Browser, Page } from 'playwright-core';

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds by the clock. */
  readonly dur?: number;
  /** Microseconds of processor time. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

export interface MainThread {
  /** How many tasks the page's main thread ran. */
  readonly tasks: number;
  /** The longest by the clock, in ms: another program on the same processor makes it longer. */
  readonly longest: number;
  /** The one that took most processor time, in ms: that is the page's own. */
  readonly costliest: number;
}

/** Records what the page's main thread does while `work` goes on. */
export async function traceMainThread(
  browser: Browser,
  page: Page,
  work: () => Promise<unknown>,
): Promise<MainThread> {
  await browser.startTracing(page, { categories: ['toplevel', 'disabled-by-default-devtools.timeline'] });
  await work();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    traceEvents: TraceEvent[];
  };
  const mainThreads = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid}/${tid}`),
  );
  const tasks = traceEvents.filter(
    ({ name, ph, pid, tid }) => ph === 'X' && /RunTask$/.test(name) && mainThreads.has(`${pid}/${tid}`),
  );
  const most = (field: 'dur' | 'tdur'): number =>
    Math.max(0, ...tasks.map((task) => (task[field] ?? 0) / 1000));
  return { tasks: tasks.length, longest: most('dur'), costliest: most('tdur') };
}

/** Adds up the layout shifts of a page from its first moment on. */
export async function watchLayout(page: Page): Promise<() => Promise<number>> {
  await page.addInitScript(`
    window.layoutShift = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.layoutShift += entry.value;
    }).observe({ type: 'layout-shift', buffered: true });
  `);
  return async () => Number(await page.evaluate('window.layoutShift'));
}
