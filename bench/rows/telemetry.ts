import { runFlow, kafkaConfig } from '../flow-run.ts';
import { loadOurs } from '../ours.ts';
import type { Part, Row, RowContext, RowResult } from '../row.ts';
import { installSdk, type Signals } from '../sdk.ts';

const without = 'no SDK';
const withAll = 'metrics and spans';

export const telemetry: Part = {
  title: 'Telemetry',
  method:
    'As “In a flow”, gzip, with an OpenTelemetry SDK in the process: metrics collected each second, spans in batches, both ' +
    'thrown away at the exporter.',
  events: 100_000,
  quickEvents: 3_000,
  columns: [
    { figure: 'rate', title: 'events/s', digits: 0 },
    { figure: 'cpu', title: 'CPU µs/event', digits: 1 },
    { figure: 'main', title: 'main thread µs/event', digits: 1 },
    { figure: 'rss', title: 'RSS MiB', digits: 0 },
  ],
  rows: [row(without, {}), row('metrics', { metrics: true }), row(withAll, { metrics: true, spans: true })],
  targets: [
    { row: withAll, figure: 'rate', against: without, bound: 'at least', limit: 0.97 },
    { row: withAll, figure: 'main', against: without, bound: 'at most', limit: 1.03 },
  ],
};

function row(name: string, signals: Signals): Row {
  return { name, run: (context) => run(context, signals) };
}

async function run(context: RowContext, signals: Signals): Promise<RowResult> {
  const sdk = installSdk(signals);
  const result = await runFlow(context, await loadOurs(), kafkaConfig(context, { compression: 'gzip' }));
  const { points, spans } = await sdk.end();
  if (signals.metrics === true && points === 0) throw new Error('no metric was collected');
  if (signals.spans === true && spans === 0) throw new Error('no span was exported');
  return result;
}
