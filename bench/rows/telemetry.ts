import type { Part, Row } from '../row.ts';
import type { Signals } from '../sdk.ts';
import { runTelemetry } from '../telemetry-run.ts';

const withAll = 'metrics and spans';

export const telemetry: Part = {
  title: 'Telemetry',
  method:
    'As “In a flow”, gzip, in one process with a second flow that was opened before the SDK was installed: turns of 10,000 ' +
    'events, each compared with its neighbour, medians. Metrics collected each second, spans in batches, both thrown away ' +
    'at the exporter. Without an SDK both flows are the same: what the method itself is wrong by.',
  events: 200_000,
  quickEvents: 3_000,
  columns: [
    { figure: 'rate', title: 'events/s', digits: 0 },
    { figure: 'rateRatio', title: '× without SDK', digits: 3 },
    { figure: 'main', title: 'main thread µs/event', digits: 1 },
    { figure: 'mainRatio', title: '× without SDK', digits: 3 },
  ],
  rows: [row('no SDK', {}), row('metrics', { metrics: true }), row(withAll, { metrics: true, spans: true })],
  targets: [
    { row: withAll, figure: 'rateRatio', bound: 'at least', limit: 0.97 },
    { row: withAll, figure: 'mainRatio', bound: 'at most', limit: 1.03 },
  ],
};

function row(name: string, signals: Signals): Row {
  return { name, run: (context) => runTelemetry(context, signals) };
}
