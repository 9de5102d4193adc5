import { closeFlow, kafkaConfig, loadOf, openFlow } from './flow-run.ts';
import { measure } from './measure.ts';
import { loadOurs } from './ours.ts';
import type { Figures, RowContext, RowResult } from './row.ts';
import { installSdk, type Signals } from './sdk.ts';
import { median } from './statistics.ts';

/** Events of a turn: a second or less, so that a pair of turns sees the same machine. */
const turn = 10_000;

/**
 * Two flows in one process, in turns: one opened before the SDK was installed, which never looks at it, and one after. A
 * row in a process of its own differs by a tenth from one run to the next on a shared machine, and what is looked for is
 * less. What remains common to both is the heap: part of what the SDK leaves behind is collected in the other's turns.
 */
export async function runTelemetry(context: RowContext, signals: Signals): Promise<RowResult> {
  const config = kafkaConfig(context, { compression: 'gzip' });
  const plain = await openFlow(await loadOurs(), structuredClone(config));
  const loadPlain = loadOf(plain, context);
  let stored = (await loadPlain(1)) + (await loadPlain(context.warmUp));

  const sdk = installSdk(signals);
  const watched = await openFlow(await loadOurs(), structuredClone(config));
  const loads = { plain: loadPlain, watched: loadOf(watched, context) };
  stored += (await loads.watched(1)) + (await loads.watched(context.warmUp));

  const pairs: Record<keyof typeof loads, Figures>[] = [];
  const size = Math.min(turn, context.events);
  for (let done = 0; done < context.events; done += size) {
    // Each goes first as often as the other.
    const order = pairs.length % 2 === 0 ? (['plain', 'watched'] as const) : (['watched', 'plain'] as const);
    const figures = { plain: {}, watched: {} };
    for (const name of order) {
      const measured = await measure(() => loads[name](size));
      stored += measured.events;
      figures[name] = measured;
    }
    pairs.push(figures);
  }
  await closeFlow(plain);
  await closeFlow(watched);
  const { points, spans } = await sdk.end();
  if (signals.metrics === true && points === 0) throw new Error('no metric was collected');
  if (signals.spans === true && spans === 0) throw new Error('no span was exported');

  const of = (name: keyof typeof loads, figure: string): number =>
    median(pairs.map((pair) => pair[name][figure] ?? NaN));
  const ratio = (figure: string): number =>
    median(pairs.map(({ plain, watched }) => (watched[figure] ?? NaN) / (plain[figure] ?? NaN)));
  return {
    figures: {
      rate: of('watched', 'rate'),
      rateRatio: ratio('rate'),
      main: of('watched', 'main'),
      mainRatio: ratio('main'),
    },
    stored,
  };
}
