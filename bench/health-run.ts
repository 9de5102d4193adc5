import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pinnedTo } from '../scripts/kafka/pinned.ts';
import { freePorts } from '../scripts/kafka/ports.ts';
import { closeFlow, kafkaConfig, loadOf, openFlow } from './flow-run.ts';
import { measure } from './measure.ts';
import { loadOurs } from './ours.ts';
import { pins } from './pins.ts';
import type { RowContext, RowResult } from './row.ts';

/**
 * Events of a turn: a second or more, which is a window of the port, and few enough that both turns of a pair see the same
 * machine. What a window costs falls into one turn or the next, so that turns are added up.
 */
const turn = 20_000;

/** One flow with `settings.health`, in turns: with a flood at its port, and without. */
export async function runHealth(context: RowContext): Promise<RowResult> {
  const [port = 0] = await freePorts(1);
  const config = kafkaConfig(context, { compression: 'gzip' });
  const settings = { ...(config.settings as object), health: { port } };
  const flow = await openFlow(await loadOurs(), { ...config, settings });
  const load = loadOf(flow, context);
  let stored = (await load(1)) + (await load(context.warmUp));
  const [execPath = process.execPath, ...execArgv] = pinnedTo(pins?.broker, process.execPath, []);
  const program = fileURLToPath(new URL('health-flood.ts', import.meta.url));
  const flooder = fork(program, [String(port)], { execPath, execArgv });
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
  const total = (valueOf: (pair: (typeof pairs)[number]) => number): number =>
    pairs.reduce((sum, pair) => sum + valueOf(pair), 0);
  return {
    figures: {
      rate: pairs.length / total(({ flooded }) => 1 / flooded.rate),
      rateRatio: total(({ calm }) => 1 / calm.rate) / total(({ flooded }) => 1 / flooded.rate),
      main: total(({ flooded }) => flooded.main) / pairs.length,
      mainRatio: total(({ flooded }) => flooded.main) / total(({ calm }) => calm.main),
      asked,
    },
    stored,
  };
}
