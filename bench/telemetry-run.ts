import { closeFlow, kafkaConfig, loadOf, openFlow } from './flow-run.ts';
import { measure } from './measure.ts';
import { loadOurs } from './ours.ts';
import type { RowContext, RowResult } from './row.ts';
import { installSdk, type Signals } from './sdk.ts';
import { median } from './statistics.ts';

/** Events of a turn: a tenth of a second, so that the turns of a set see the same machine. */
const turn = 2_000;

/** Whether each flow sees the SDK, in the order in which they are opened: a later flow of a process is dearer by itself. */
const watched = [false, true, true, false];

/**
 * Four flows in one process, in turns: two that see the SDK, and two that do not. A row in a process of its own differs by
 * a tenth from one run to the next on a shared machine, and what is looked for is less. What remains common to all is the
 * heap: part of what the SDK leaves behind is collected in the others' turns.
 */
export async function runTelemetry(context: RowContext, signals: Signals): Promise<RowResult> {
  const sdk = installSdk(signals);
  const flows: Awaited<ReturnType<typeof openFlow>>[] = [];
  const loads: ReturnType<typeof loadOf>[] = [];
  let stored = 0;
  for (const sees of watched) {
    const flow = await openFlow(await loadOurs(), kafkaConfig(context, { compression: 'gzip' }));
    const load = loadOf(flow, context);
    // A destination looks for the SDK at its first push.
    sdk.show(sees);
    stored += await load(1);
    flows.push(flow);
    loads.push(load);
  }
  for (const load of loads) stored += await load(context.warmUp);

  const sets: { readonly seconds: Halves; readonly main: Halves }[] = [];
  const size = Math.min(turn, context.events);
  for (let done = 0; done < context.events; done += size) {
    const set = { seconds: { plain: 0, watched: 0 }, main: { plain: 0, watched: 0 } };
    for (const flow of shuffled(flows.keys())) {
      const { events, rate, main } = await measure(() => loads[flow]?.(size) ?? Promise.resolve(0));
      stored += events;
      const half = watched[flow] === true ? 'watched' : 'plain';
      set.seconds[half] += events / rate;
      set.main[half] += main;
    }
    sets.push(set);
  }
  for (const flow of flows) await closeFlow(flow);
  const { points, spans } = await sdk.end();
  if (signals.metrics === true && points === 0) throw new Error('no metric was collected');
  if (signals.spans === true && spans === 0) throw new Error('no span was exported');
  return {
    figures: {
      rate: median(sets.map(({ seconds }) => (2 * size) / seconds.watched)),
      rateRatio: median(sets.map(({ seconds }) => seconds.plain / seconds.watched)),
      main: median(sets.map(({ main }) => main.watched / 2)),
      mainRatio: median(sets.map(({ main }) => main.watched / main.plain)),
    },
    stored,
  };
}

/** A sum over the flows without the SDK, and over those with it. */
interface Halves {
  readonly plain: number;
  readonly watched: number;
}

/** By chance, for whatever comes round regularly (a large collection of garbage) would else meet the same flow each time. */
function shuffled(values: Iterable<number>): number[] {
  const drawn = [...values].map((value) => ({ value, lot: Math.random() }));
  return drawn.sort((one, other) => one.lot - other.lot).map(({ value }) => value);
}
