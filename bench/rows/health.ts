import { runHealth } from '../health-run.ts';
import type { Part } from '../row.ts';

const flooded = 'a flood at the port';

export const health: Part = {
  title: 'Health port',
  method:
    'As “In a flow”, gzip, with `settings.health`. Turns of 20,000 events, in pairs: in one of them another process tries 2,000 new ' +
    'connections a second, a hundred at once at most, each to ask `/ready`. The flooding process shares the broker’s core, so ' +
    'that the CPU per event says more than the rate.',
  events: 200_000,
  quickEvents: 5_000,
  columns: [
    { figure: 'rate', title: 'events/s', digits: 0 },
    { figure: 'rateRatio', title: '× without the flood', digits: 3 },
    { figure: 'main', title: 'main thread µs/event', digits: 1 },
    { figure: 'mainRatio', title: '× without the flood', digits: 3 },
    { figure: 'asked', title: 'connections tried', digits: 0 },
  ],
  rows: [{ name: flooded, run: runHealth }],
  targets: [],
};
