import type { Palette } from './palette.ts';
import { Surface } from './surface.ts';

export interface Line {
  /** One value a second, oldest first; null where there was none. */
  readonly values: readonly (number | null)[];
  readonly colour: (palette: Palette) => string;
  readonly filled: boolean;
}

/** Seconds that fit. */
const width = 120;

/** A small chart: the last two minutes, scaled to their largest value. */
export class Spark {
  readonly #surface: Surface;
  readonly #palette: () => Palette;
  #lines: readonly Line[] = [];

  constructor(canvas: HTMLCanvasElement, palette: () => Palette) {
    this.#surface = new Surface(canvas, () => this.draw());
    this.#palette = palette;
  }

  show(lines: readonly Line[]): void {
    this.#lines = lines;
    this.draw();
  }

  draw(): void {
    const surface = this.#surface;
    if (surface.width === 0) return;
    const context = surface.begin();
    const most = Math.max(1, ...this.#lines.flatMap(({ values }) => values.map((value) => value ?? 0)));
    for (const line of this.#lines) this.#drawLine(context, line, most);
  }

  #drawLine(context: CanvasRenderingContext2D, { values, colour, filled }: Line, most: number): void {
    const { width: wide, height } = this.#surface;
    const shown = values.slice(-width);
    const step = wide / (width - 1);
    const points = shown.map((value, index) =>
      value === null
        ? undefined
        : { x: wide - (shown.length - 1 - index) * step, y: height - 2 - (value / most) * (height - 8) },
    );
    context.strokeStyle = context.fillStyle = colour(this.#palette());
    context.lineWidth = filled ? 2 : 1.25;
    context.lineJoin = 'round';
    for (const stretch of stretches(points)) {
      const [first, last] = [stretch[0], stretch[stretch.length - 1]];
      if (!first || !last) continue;
      context.beginPath();
      // A second by itself is a short dash.
      context.moveTo(first.x - 1, first.y);
      for (const { x, y } of stretch) context.lineTo(x, y);
      context.globalAlpha = filled ? 1 : 0.5;
      context.stroke();
      if (!filled) continue;
      context.lineTo(last.x, height);
      context.lineTo(first.x - 1, height);
      context.globalAlpha = 0.12;
      context.fill();
    }
    context.globalAlpha = 1;
  }
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** What stands together, without the gaps. */
function stretches(points: readonly (Point | undefined)[]): Point[][] {
  const found: Point[][] = [];
  points.forEach((point, index) => {
    if (!point) return;
    if (points[index - 1]) found[found.length - 1]?.push(point);
    else found.push([point]);
  });
  return found;
}
