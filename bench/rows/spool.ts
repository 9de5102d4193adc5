import { join } from 'node:path';
import { nth, readEvents } from '../data.ts';
import { closeFlow, kafkaConfig, openFlow, runFlow } from '../flow-run.ts';
import { measure } from '../measure.ts';
import { loadOurs } from '../ours.ts';
import type { Part, Row, RowContext, RowResult, Target } from '../row.ts';
import { fillSpool, withFolder } from '../spool-file.ts';

const plain = 'ours platformatic, gzip';
const choice = { client: 'platformatic', compression: 'gzip' } as const;

export const spool: Part = {
  title: 'With a spool',
  method:
    'In a flow as above, 1,000 pushes in flight, with no spool, with one that stays unused, and with one that takes every ' +
    'record before its push is told. Replay: a spool left by an earlier process, from the start of the flow until it is empty.',
  events: 100_000,
  quickEvents: 3_000,
  publicOnly: true,
  columns: [
    { figure: 'rate', title: 'events/s', digits: 0 },
    { figure: 'cpu', title: 'CPU µs/event', digits: 1 },
    { figure: 'rss', title: 'RSS MiB', digits: 0 },
  ],
  rows: [
    { name: plain, run: async (context) => runFlow(context, await loadOurs(), kafkaConfig(context, choice)) },
    spooled('overflow'),
    spooled('always'),
    spooled('always', true),
    replayed('replay', false),
    replayed('replay, idempotent', true),
  ],
  targets: [
    against('spool overflow', 0.97),
    against('spool always', 0.6),
    // What it costs that a crash leaves no duplicate: each batch is noted on the disk before it is sent.
    {
      row: 'spool always, idempotent',
      figure: 'rate',
      against: 'spool always',
      bound: 'at least',
      limit: 0.9,
    },
    { row: 'replay', figure: 'rate', bound: 'at least', limit: 20_000 },
    { row: 'replay, idempotent', figure: 'rate', against: 'replay', bound: 'at least', limit: 0.9 },
  ],
};

function spooled(mode: 'overflow' | 'always', idempotent = false): Row {
  return {
    name: `spool ${mode}${idempotent ? ', idempotent' : ''}`,
    run: (context) =>
      withFolder(async (folder) => {
        const path = join(folder, 'spool.db');
        return runFlow(
          context,
          await loadOurs(),
          kafkaConfig(context, { ...choice, idempotent }, { path, mode }),
        );
      }),
  };
}

function replayed(name: string, idempotent: boolean): Row {
  return {
    name,
    run: (context) => withFolder((folder) => replay(context, join(folder, 'spool.db'), idempotent)),
  };
}

/** One event opens the flow; those of the spool go before it. */
async function replay(context: RowContext, path: string, idempotent: boolean): Promise<RowResult> {
  await fillSpool(context, path);
  const config = kafkaConfig(context, { ...choice, idempotent }, { path, mode: 'overflow' });
  const figures = await measure(async () => {
    const { promise: drained, resolve } = Promise.withResolvers<void>();
    // What it says when it is done: to look into the file again and again would be measured, too.
    const handler = (_level: unknown, message: string) => {
      if (message.includes('everything in the spool was delivered')) resolve();
    };
    const collector = await openFlow(await loadOurs(), config, { level: 'INFO', handler });
    await collector.push(nth(readEvents(), 0));
    await drained;
    await closeFlow(collector);
    return context.events;
  });
  return { figures, stored: context.events + 1 };
}

function against(row: string, limit: number): Target {
  return { row, figure: 'rate', against: plain, bound: 'at least', limit };
}
