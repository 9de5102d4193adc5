import { kafkaConfig, runFlow } from '../flow-run.ts';
import { loadOurs } from '../ours.ts';
import { noPretenuring, type Part, type Row } from '../row.ts';
import { flowColumns } from './flow.ts';

const plentiful = 'as on a large machine';

export const heap: Part = {
  title: 'With a small heap',
  method:
    'As in a flow, with lz4. Old and young generation are set by flags of Node: 256 MiB and semi-spaces of 1 MiB are what Node chooses by itself in a container of 512 MB.',
  events: 100_000,
  quickEvents: 3_000,
  columns: flowColumns,
  rows: [
    row(plentiful, {}),
    row(`${plentiful}, no pretenuring`, { pretenuring: false }),
    ...[1, 4, 16, 32, 64].map((semi) => row(`old 256, semi ${semi}`, { old: 256, semi })),
    row('old 128, semi 1', { old: 128, semi: 1 }),
    row('old 128, semi 16', { old: 128, semi: 16 }),
    row('old 512, semi 1', { old: 512, semi: 1 }),
    row('old 512, semi 16', { old: 512, semi: 16 }),
  ],
  targets: [
    { row: 'old 256, semi 32', figure: 'rate', against: 'old 256, semi 1', bound: 'at least', limit: 1.5 },
  ],
};

/** What a row sets of Node's heap. Absent: what Node chooses by itself. */
interface Heap {
  /** MiB. */
  readonly old?: number;
  /** MiB. */
  readonly semi?: number;
  readonly pretenuring?: false;
}

function row(name: string, { old, semi, pretenuring }: Heap): Row {
  return {
    name,
    nodeFlags: [
      ...(old === undefined ? [] : [`--max-old-space-size=${old}`]),
      ...(semi === undefined ? [] : [`--max-semi-space-size=${semi}`]),
      ...(pretenuring === undefined ? [] : [noPretenuring]),
    ],
    run: async (context) =>
      runFlow(
        context,
        await loadOurs(),
        kafkaConfig(context, { client: 'platformatic', compression: 'lz4' }),
      ),
  };
}
