import { byId, html, setText } from '../element.ts';
import { setUpShopBeside } from './beside.ts';
import { Controls } from './controls.ts';
import { Filters } from './filters.ts';
import { Tracks } from './tracks.ts';
import { Log } from './log.ts';
import { BrokerState, TrackNames, Numbers } from './numbers.ts';
import { watchPalette } from './palette.ts';
import { recordDialog } from './record-dialog.ts';
import { Rows } from './rows.ts';
import { listen } from './stream.ts';

const palette = watchPalette(() => {
  tracks.draw();
  numbers.draw();
});
const filters = new Filters(() => rows.refill());
const tracks = new Tracks(byId('tracks', HTMLCanvasElement), palette, filters.shows);
const rows = new Rows(filters.shows, recordDialog());
const numbers = new Numbers(palette);
const names = new TrackNames();
const broker = new BrokerState();
const controls = new Controls();
const log = new Log();

/** What came and what of it was drawn, since the last second. */
let told = { landed: 0, shown: 0 };

listen({
  hello({ tracks: all, records, seconds, outages, status, replayOf, log: lines }) {
    filters.offer(all);
    names.reset(all);
    tracks.reset(all, records, outages);
    rows.reset(all, records);
    numbers.reset(seconds);
    numbers.ledger(status.ledger);
    log.reset(lines);
    setText(html('replay-of'), replayOf);
    broker.show(status);
    controls.show(status);
  },
  tick(tick) {
    tracks.take(tick);
    const landed = tick.landed.reduce((sum, count) => sum + count, 0);
    rows.take(tick.records, landed);
    names.take(tick.landed);
    numbers.ledger(tick.status.ledger);
    broker.show(tick.status);
    controls.show(tick.status);
    told = { landed: told.landed + landed, shown: told.shown + tick.records.length };
  },
  second(second) {
    numbers.second(second);
    const { landed, shown } = told;
    told = { landed: 0, shown: 0 };
    setText(html('sampling'), shown < landed ? sampled(landed, shown) : 'Every record is drawn.');
  },
  log: (line) => log.add(line),
  away: () => broker.away(),
});
setUpShopBeside();

const sampled = (landed: number, shown: number): string =>
  `Drawn: ${shown.toLocaleString('en')} of ${landed.toLocaleString('en')} a second; counts are exact.`;

/** Smooth where motion is welcome, else once a second; nothing while nobody looks. */
const calm = matchMedia('(prefers-reduced-motion: reduce)');
let drawnAt = 0;
function frame(now: number): void {
  const every = calm.matches ? 1000 : 30;
  if (now - drawnAt >= every) {
    drawnAt = now;
    tracks.draw();
  }
  requestAnimationFrame(frame);
}
requestAnimationFrame(frame);
