import type { Landed, Track, Outage, Tick } from '../../live/message.ts';
import type { Palette } from './palette.ts';
import { Surface } from './surface.ts';

/** What the tracks show, in ms. */
const span = 30_000;
/** More than this of a track in one tick, and records are stacked into a column whose height tells how many. */
const fewRecords = 8;
/** How long a record glows when it lands, in ms. */
const glow = 600;
const nameFont = '12px -apple-system, "Segoe UI", Roboto, Arial, sans-serif';

/** A record by itself, or what landed of a track in one tick when that was much. */
type Item =
  | { readonly at: number; readonly record: Landed }
  | { readonly at: number; readonly landed: number; readonly records: readonly Landed[] };

/** Each partition a track, the newest at the right; a key's colour never leaves its track. */
export class Tracks {
  readonly #surface: Surface;
  readonly #palette: () => Palette;
  readonly #shows: (record: Landed) => boolean;
  #tracks: Item[][] = [];
  #outages: readonly Outage[] = [];
  /** Server time minus ours: the clocks may differ. */
  #ahead = 0;

  constructor(canvas: HTMLCanvasElement, palette: () => Palette, shows: (record: Landed) => boolean) {
    this.#surface = new Surface(canvas, () => this.draw());
    this.#palette = palette;
    this.#shows = shows;
  }

  reset(tracks: readonly Track[], records: readonly Landed[], outages: readonly Outage[]): void {
    this.#tracks = tracks.map(() => []);
    this.#outages = outages;
    for (const record of records) this.#tracks[record.track]?.push({ at: record.at, record });
  }

  take({ at, landed, records, outages }: Tick): void {
    this.#ahead = at - Date.now();
    this.#outages = outages;
    const old = at - span - 1000;
    this.#tracks.forEach((items, track) => {
      const count = landed[track] ?? 0;
      const own = records.filter((record) => record.track === track);
      if (count > fewRecords) items.push({ at, landed: count, records: own });
      else items.push(...own.map((record) => ({ at: record.at, record })));
      const kept = items.findIndex((item) => item.at >= old);
      items.splice(0, kept < 0 ? items.length : kept);
    });
  }

  draw(): void {
    const { width, height } = this.#surface;
    if (width === 0 || this.#tracks.length === 0) return;
    const context = this.#surface.begin();
    const palette = this.#palette();
    const now = Date.now() + this.#ahead;
    const right = width - 14;
    const x = (at: number): number => right - ((now - at) / span) * right;
    const track = height / this.#tracks.length;

    this.#drawGrid(context, palette, track, x, now);
    this.#drawOutages(context, palette, x, now);
    this.#tracks.forEach((items, place) => {
      const top = place * track;
      let next = Infinity;
      // From the newest on, so that a name is written where the record after it leaves room.
      for (let index = items.length - 1; index >= 0; index--) {
        const item = items[index];
        if (!item) continue;
        // Records of one moment stand side by side, as far as that does not tell lies about the time.
        const at = x(item.at);
        const left = Math.max(at - 40, Math.min(at, next - 5));
        if (left < 4) break;
        if ('record' in item)
          this.#drawMark(context, palette, item.record, now - item.at, { left, next, top, track });
        else this.#drawColumn(context, palette, item.records, item.landed, { left, next, top, track });
        next = left;
      }
    });
    context.globalAlpha = 1;
  }

  #drawGrid(
    context: CanvasRenderingContext2D,
    palette: Palette,
    track: number,
    x: (at: number) => number,
    now: number,
  ): void {
    const { width, height } = this.#surface;
    context.fillStyle = palette.line;
    for (let place = 0; place <= this.#tracks.length; place++) {
      context.globalAlpha = place === 0 ? 0 : 0.7;
      context.fillRect(0, Math.round(place * track) - 1, width, 1);
    }
    context.globalAlpha = 0.6;
    for (let at = Math.floor(now / 5000) * 5000; at > now - span; at -= 5000) {
      context.fillRect(Math.round(x(at)), 0, 1, height);
    }
    context.globalAlpha = 1;
  }

  #drawOutages(
    context: CanvasRenderingContext2D,
    palette: Palette,
    x: (at: number) => number,
    now: number,
  ): void {
    const { height } = this.#surface;
    for (const { begin, end = now } of this.#outages) {
      if (end < now - span) continue;
      const from = Math.max(0, x(begin));
      const to = x(end);
      context.fillStyle = palette.red;
      context.globalAlpha = 0.1;
      context.fillRect(from, 0, to - from, height);
      context.globalAlpha = 0.8;
      context.fillRect(from, 0, 1.5, height);
      context.fillRect(to - 1.5, 0, 1.5, height);
      context.globalAlpha = 1;
      const seconds = `${((end - begin) / 1000).toFixed(1)} s without broker`;
      context.font = `600 ${nameFont}`;
      if (context.measureText(seconds).width + 16 < to - from)
        context.fillText(seconds, from + 8, height - 10);
    }
  }

  /** The share of the track's height goes by the logarithm: ten records are a third of it, a thousand nearly all. */
  #drawColumn(
    context: CanvasRenderingContext2D,
    palette: Palette,
    records: readonly Landed[],
    landed: number,
    { left, top, track }: Place,
  ): void {
    const height = (track - 6) * Math.min(1, Math.log10(landed) / 3.2);
    const wide = Math.max(2, (this.#surface.width / span) * 100 - 0.5);
    const step = height / Math.max(1, records.length);
    records.forEach((record, index) => {
      context.globalAlpha = this.#shows(record) ? 0.95 : 0.12;
      context.fillStyle = palette.key(record.key);
      context.fillRect(left - wide, top + (track - height) / 2 + index * step, wide, Math.max(1, step - 0.4));
    });
  }

  #drawMark(
    context: CanvasRenderingContext2D,
    palette: Palette,
    record: Landed,
    age: number,
    { left, next, top, track }: Place,
  ): void {
    const middle = top + track / 2;
    const shown = this.#shows(record);
    context.fillStyle = palette.key(record.key);
    if (age < glow && shown && next - left > 14) {
      context.globalAlpha = 0.3 * (1 - age / glow);
      context.beginPath();
      context.arc(left - 2, middle, 7 + age / 45, 0, Math.PI * 2);
      context.fill();
    }
    context.globalAlpha = shown ? 1 : 0.15;
    context.beginPath();
    context.roundRect(left - 4, middle - 8, 4, 16, 2);
    context.fill();
    const room = Math.min(next, this.#surface.width) - left - 10;
    if (!shown || room < 60) return;
    context.font = nameFont;
    context.fillStyle = palette.soft;
    context.fillText(fit(record.name, room), left + 5, middle + 4);
  }
}

/** Where an item is drawn, in CSS pixels. */
interface Place {
  readonly left: number;
  /** Where the item after it begins. */
  readonly next: number;
  readonly top: number;
  /** A track's height. */
  readonly track: number;
}

/** About as much of a text as there is room for: measuring each would cost more than drawing it. */
function fit(text: string, pixels: number): string {
  const letters = Math.floor(pixels / 6.2);
  return text.length <= letters ? text : letters < 6 ? '' : `${text.slice(0, letters - 1)}…`;
}
