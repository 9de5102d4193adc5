import type { Destination } from '@walkeros/core';
import { nth, readEvents } from './data.ts';
import { closeFlow, inFlight, openFlow } from './flow-run.ts';
import { Load } from './load.ts';
import { measure } from './measure.ts';
import type { RowContext, RowResult } from './row.ts';

export const batchSize = 500;
/** The collector sends an incomplete batch after this long: the last one of a run. Milliseconds. */
const wait = 20;

/**
 * With `config.batch` a push resolves as soon as its event is in a batch, and nothing holds back the next ones. So it is
 * the batches' answers that are counted, or memory would fill with what is not sent yet.
 */
export async function runBatchFlow(
  context: RowContext,
  code: Destination.Instance,
  config: Destination.Config,
): Promise<RowResult> {
  const events = readEvents();
  let current: Load | undefined;
  const counting: Destination.Instance = {
    ...code,
    async pushBatch(batch, pushContext) {
      const outcome = await code.pushBatch?.(batch, pushContext);
      const [failure] = outcome?.failed ?? [];
      if (failure) current?.fail(failure.error);
      current?.answered(batch.entries.length);
      return outcome;
    },
  };
  const collector = await openFlow(counting, { ...config, batch: { size: batchSize, wait } });
  const load = (count: number): Promise<number> => {
    current = new Load({ events: count, inFlight, limitMs: context.limitMs }, (index, { fail }) => {
      collector.push(nth(events, index)).catch(fail);
    });
    return current.run();
  };
  const first = await load(1);
  const warm = first + (await load(context.warmUp));
  const figures = await measure(() => load(context.events));
  await closeFlow(collector);
  return { figures, stored: warm + figures.events };
}
