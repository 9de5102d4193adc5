import type { Part, Row } from '../row.ts';
import type { Signals } from '../sdk.ts';
import { runTelemetry } from '../telemetry-run.ts';

const withAll = 'metrics and spans';

export const telemetry: Part = {
  title: 'Telemetry',
  method:
    'As “In a flow”, gzip, four flows in one process: two see the SDK and two do not. Sets of turns of 2,000 events, one ' +
    'for each flow, in an order drawn by lot; the two kinds are compared within a set, then the median. Metrics collected ' +
    'each second, spans in batches, both thrown away at the exporter. Without an SDK all flows are the same: what the ' +
    'method itself is wrong by.',
  events: 100_000,
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
