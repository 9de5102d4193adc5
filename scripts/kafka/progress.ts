/** Takes a short text that says how far a slow step is. */
export type Progress = (text: string) => void;

export interface ProgressLine {
  readonly update: Progress;
  /** Leaves the cursor on a fresh line. */
  end(): void;
}

/** One line redrawn in place on a terminal; elsewhere (CI logs) a line every few seconds, so that nobody thinks it hangs. */
export function progressLine(stream: NodeJS.WriteStream, everyMs = 3000): ProgressLine {
  let last = 0;
  let drawn = false;
  let pending = '';
  return {
    update(text) {
      if (stream.isTTY) {
        stream.write(`\r\x1b[K${text.slice(0, Math.max(20, stream.columns - 1))}`);
        drawn = true;
        return;
      }
      pending = text;
      if (Date.now() - last < everyMs) return;
      last = Date.now();
      pending = '';
      stream.write(`${text}\n`);
    },
    end() {
      if (drawn) stream.write('\n');
      if (pending !== '') stream.write(`${pending}\n`);
      drawn = false;
      pending = '';
    },
  };
}
