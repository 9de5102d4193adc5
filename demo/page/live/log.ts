import type { LogLine } from '../../live/message.ts';
import { html, make } from '../element.ts';

const shown = 30;

/** What the destination says, the newest first. */
export class Log {
  reset(lines: readonly LogLine[]): void {
    html('log')
      .querySelectorAll('li:not(.none)')
      .forEach((line) => line.remove());
    lines.forEach((line) => this.add(line));
  }

  add({ at, level, text }: LogLine): void {
    const list = html('log');
    list.querySelector('.none')?.remove();
    const line = make('li', level);
    const time = make('time', '', new Date(at).toLocaleTimeString('en-GB'));
    line.append(time, ' ', make('b', '', level === 'ERROR' ? 'error' : 'warning'), ` ${text}`);
    list.prepend(line);
    while (list.children.length > shown) list.lastElementChild?.remove();
  }
}
