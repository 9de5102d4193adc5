import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../scripts/kafka/ports.ts';
import { closeFlow, kafkaConfig, loadOf, openFlow } from './flow-run.ts';
import { measure } from './measure.ts';
import { loadOurs } from './ours.ts';
import type { RowContext, RowResult } from './row.ts';
import { median } from './statistics.ts';

/** Events of a turn, so that the two turns of a pair see the same machine. */
const turn = 5_000;

/** One flow with `settings.health`, in turns: with a flood at its port, and without. */
export async function runHealth(context: RowContext): Promise<RowResult> {
  const [port = 0] = await freePorts(1);
  const config = kafkaConfig(context, { compression: 'gzip' });
  const settings = { ...(config.settings as object), health: { port } };
  const flow = await openFlow(await loadOurs(), { ...config, settings });
  const load = loadOf(flow, context);
  let stored = (await load(1)) + (await load(context.warmUp));
  const flooder = fork(fileURLToPath(new URL('health-flood.ts', import.meta.url)), [String(port)]);
  const tell = async (on: boolean): Promise<number> => {
    flooder.send(on);
    const [asked] = (await once(flooder, 'message')) as [number];
    return asked;
  };
  const pairs: Record<'calm' | 'flooded', { rate: number; main: number }>[] = [];
  const size = Math.min(turn, context.events);
  let asked = 0;
  for (let done = 0; done < context.events; done += size) {
    const pair = { calm: { rate: 0, main: 0 }, flooded: { rate: 0, main: 0 } };
    const order = Math.random() < 0.5 ? (['calm', 'flooded'] as const) : (['flooded', 'calm'] as const);
    for (const kind of order) {
      await tell(kind === 'flooded');
      const { events, rate, main } = await measure(() => load(size));
      asked = await tell(false);
      stored += events;
      pair[kind] = { rate, main };
    }
    pairs.push(pair);
  }
  flooder.disconnect();
  await closeFlow(flow);
  if (asked === 0) throw new Error('nothing was asked');
  return {
    figures: {
      rate: median(pairs.map(({ flooded }) => flooded.rate)),
      rateRatio: median(pairs.map(({ calm, flooded }) => flooded.rate / calm.rate)),
      main: median(pairs.map(({ flooded }) => flooded.main)),
      mainRatio: median(pairs.map(({ calm, flooded }) => flooded.main / calm.main)),
      asked,
    },
    stored,
  };
}
