import { getHeapStatistics } from 'node:v8';
import { warning, type Verdict } from '../report.ts';

const mebibyte = 2 ** 20;

/** Node's limit in a container of 512 MB is 259 MiB, in one of 1 GB 560 MiB: there its young generation is large enough. */
const small = 400 * mebibyte;

/** Whether Node has chosen a heap that slows the flow down. All is well in silence: a flow may run elsewhere. */
export function heap(): readonly Verdict[] {
  const flags = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ');
  return heapVerdicts(getHeapStatistics().heap_size_limit, flags);
}

/** @param limit bytes */
export function heapVerdicts(limit: number, flags: string): readonly Verdict[] {
  // Node shrinks the young generation only where it chooses the size of the heap by itself.
  if (limit >= small || /--max[-_](semi|old)[-_]space[-_]size/.test(flags)) return [];
  return [
    warning(
      `Node's heap limit is ${Math.round(limit / mebibyte)} MiB here, and its young generation is as small: garbage collection takes up to two thirds of the CPU of an event.`,
      'Set NODE_OPTIONS=--max-semi-space-size=32 where the flow runs; it takes about 60 MiB more (docs/performance.md, "Small heaps").',
    ),
  ];
}
