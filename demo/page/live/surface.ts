/** A canvas that is as sharp as the screen, whatever its size. */
export class Surface {
  readonly canvas: HTMLCanvasElement;
  readonly context: CanvasRenderingContext2D;
  /** In CSS pixels. */
  width = 0;
  height = 0;
  #scale = 0;

  constructor(canvas: HTMLCanvasElement, onResize: () => void) {
    const context = canvas.getContext('2d');
    if (!context) throw new Error('This browser draws no canvas');
    this.canvas = canvas;
    this.context = context;
    // The observer tells the size by itself: asking for it would make the browser lay the page out there and then.
    new ResizeObserver(([entry]) => {
      if (!entry) return;
      this.width = entry.contentRect.width;
      this.height = entry.contentRect.height;
      this.#scale = Math.min(2, devicePixelRatio);
      canvas.width = Math.round(this.width * this.#scale);
      canvas.height = Math.round(this.height * this.#scale);
      onResize();
    }).observe(canvas);
  }

  /** Empties it, ready to draw in CSS pixels. */
  begin(): CanvasRenderingContext2D {
    this.context.setTransform(this.#scale, 0, 0, this.#scale, 0, 0);
    this.context.clearRect(0, 0, this.width, this.height);
    return this.context;
  }
}
