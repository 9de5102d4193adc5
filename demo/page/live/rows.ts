import type { Landed, Track } from '../../live/message.ts';
import { html, make, onClick, setText } from '../element.ts';
import { hueOf } from '../key-colour.ts';

const rowCount = 14;
/** What filters can look back on. */
const kept = 600;
/** Above this many a second rows change only now and then: nobody reads faster. */
const calm = 30;

interface Row {
  readonly line: HTMLTableRowElement;
  readonly name: HTMLButtonElement;
  readonly dot: HTMLElement;
  readonly key: HTMLElement;
  readonly place: HTMLElement;
  readonly offset: HTMLElement;
  readonly latency: HTMLElement;
  record: Landed | undefined;
}

/** The newest records in a fixed number of rows, whose texts change and nothing else: the page never moves. */
export class Rows {
  readonly #rows: readonly Row[];
  readonly #shows: (record: Landed) => boolean;
  #tracks: readonly Track[] = [];
  #records: Landed[] = [];
  #paused = false;
  #looking = false;
  #drawnAt = 0;
  #stale = false;

  constructor(shows: (record: Landed) => boolean, onOpen: (record: Landed, track: Track) => void) {
    this.#shows = shows;
    const body = html('rows');
    this.#rows = Array.from({ length: rowCount }, () => newRow());
    body.append(...this.#rows.map(({ line }) => line));
    for (const row of this.#rows) {
      row.line.addEventListener('click', () => {
        const track = row.record && this.#tracks[row.record.track];
        if (row.record && track) onOpen(row.record, track);
      });
    }
    // A row must not change under the finger, or under the keyboard's focus.
    body.addEventListener('pointerenter', () => this.#look(true));
    body.addEventListener('pointerleave', () => this.#look(body.contains(document.activeElement)));
    body.addEventListener('focusin', () => this.#look(true));
    body.addEventListener('focusout', () => this.#look(false));
    body.addEventListener('keydown', (event) => this.#walk(event));
    onClick('pause', () => {
      this.#paused = !this.#paused;
      html('pause').setAttribute('aria-pressed', String(this.#paused));
      setText(html('pause'), this.#paused ? 'Go on' : 'Pause');
      this.draw();
    });
  }

  reset(tracks: readonly Track[], records: readonly Landed[]): void {
    this.#tracks = tracks;
    this.#records = [...records].sort((a, b) => b.at - a.at);
    this.draw();
  }

  /** @param landed how many records there were, of which these are the sample */
  take(records: readonly Landed[], landed: number): void {
    if (records.length > 0) {
      const newest = [...records].sort((a, b) => b.at - a.at || b.offset - a.offset);
      this.#records = [...newest, ...this.#records].slice(0, kept);
      this.#stale = true;
    }
    const tooSoon = landed * 10 > calm && performance.now() - this.#drawnAt < 500;
    // What came too soon is drawn with a later tick, be that an empty one.
    if (this.#stale && !tooSoon) this.draw();
  }

  draw(): void {
    // Empty rows are nothing to look at: the pointer may rest there while the page loads.
    const standing = this.#paused || (this.#looking && this.#rows[0]?.record !== undefined);
    if (!standing) this.refill();
  }

  /** Also where rows stand still: somebody wants to see others. */
  refill(): void {
    this.#drawnAt = performance.now();
    this.#stale = false;
    const shown = this.#records.filter(this.#shows);
    this.#rows.forEach((row, index) => this.#fill(row, shown[index]));
  }

  #look(looking: boolean): void {
    this.#looking = looking;
    setText(html('rows-note'), looking ? 'They wait while you look.' : 'The newest first.');
    this.draw();
  }

  #fill(row: Row, record: Landed | undefined): void {
    if (row.record === record) return;
    row.record = record;
    const track = record && this.#tracks[record.track];
    setText(row.name, record?.name ?? '');
    row.name.tabIndex = record ? 0 : -1;
    row.name.disabled = !record;
    setText(row.key, record?.key ?? '');
    row.dot.style.setProperty('--hue', String(hueOf(record?.key ?? null)));
    row.dot.style.visibility = record ? 'visible' : 'hidden';
    setText(row.place, track ? `${track.topic}, ${track.partition}` : '');
    setText(row.offset, record ? record.offset.toLocaleString('en') : '');
    setText(
      row.latency,
      record?.latency == null ? '' : `${Math.round(record.latency).toLocaleString('en')} ms`,
    );
    row.line.toggleAttribute('data-dead', track?.topic.endsWith('dead-letters') === true);
  }

  /** Arrow keys go from row to row. */
  #walk(event: KeyboardEvent): void {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const at = this.#rows.findIndex(({ name }) => name === document.activeElement);
    const next = this.#rows[at + step];
    if (step === 0 || at < 0 || !next?.record) return;
    event.preventDefault();
    next.name.focus();
  }
}

function newRow(): Row {
  const line = make('tr');
  const name = make('button');
  name.type = 'button';
  name.tabIndex = -1;
  name.disabled = true;
  const dot = make('i');
  dot.style.visibility = 'hidden';
  const key = make('code');
  const keyCell = make('span', 'key');
  keyCell.append(dot, key);
  const [place, offset, latency] = [make('td', 'c-place'), make('td', 'c-offset'), make('td', 'c-latency')];
  const first = make('td', 'c-event');
  first.append(name);
  const second = make('td', 'c-key');
  second.append(keyCell);
  line.append(first, second, place, offset, latency);
  return { line, name, dot, key, place, offset, latency, record: undefined };
}
