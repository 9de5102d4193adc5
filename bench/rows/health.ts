import { runHealth } from '../health-run.ts';
import type { Part } from '../row.ts';

const flooded = 'a flood at the port';

export const health: Part = {
  title: 'Health port',
  method:
    'As “In a flow”, gzip, with `settings.health`. Turns of 5,000 events, in pairs: in one of them another process asks ' +
    '`/ready` over a hundred connections, again as soon as each is answered or hung up on. The flooding process and the broker ' +
    'share the cores with the flow, so that its CPU per event says more than its rate.',
  events: 100_000,
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
