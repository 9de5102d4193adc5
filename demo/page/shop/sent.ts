import type { WalkerOS } from '@walkeros/core';
import { html, make, setText } from '../element.ts';
import type { Outcome } from '../collect.ts';

type State = Outcome['state'] | 'waiting' | 'kept';

const words: Readonly<Record<State, string>> = {
  waiting: 'waits for consent',
  kept: 'stays here',
  sending: 'on its way',
  again: 'trying again',
  stored: 'stored',
  failed: 'not stored',
};

/** More would be a list that nobody reads; the numbers count all. */
const shown = 40;

/** The page's own list of what it sends, with what became of each event. */
export class Sent {
  readonly #states = new Map<string, State>();
  readonly #chips = new Map<string, HTMLElement>();
  readonly #list = html('events');
  #stored = 0;
  #drawn = false;

  /** An event has happened. */
  add({ id, name }: WalkerOS.Event, state: State): void {
    this.#states.set(id, state);
    const line = make('li');
    const chip = make('span', 'chip');
    line.append(make('span', 'what', name), chip);
    this.#list.prepend(line);
    this.#chips.set(id, chip);
    this.#dress(chip, state);
    for (const [oldest] of this.#chips) {
      if (this.#chips.size <= shown) break;
      this.#chips.delete(oldest);
      this.#list.lastElementChild?.remove();
    }
    this.#count();
  }

  report({ id }: Pick<WalkerOS.Event, 'id'>, { state, text }: Outcome): void {
    const before = this.#states.get(id);
    if (state === 'stored' && before !== 'stored') this.#stored++;
    this.#states.set(id, state);
    const chip = this.#chips.get(id);
    if (chip) this.#dress(chip, state, text);
    this.#count();
  }

  /** The answer to the question for consent. */
  refused(): void {
    for (const [id, state] of this.#states) {
      if (state === 'waiting') this.#states.set(id, 'kept');
      const chip = this.#chips.get(id);
      if (chip) this.#dress(chip, this.#states.get(id) ?? state);
    }
  }

  get all(): number {
    return this.#states.size;
  }

  get stored(): number {
    return this.#stored;
  }

  #dress(chip: HTMLElement, state: State, text = ''): void {
    chip.dataset.state = state;
    setText(chip, words[state]);
    chip.title = state === 'failed' ? text : '';
  }

  /** Once a frame: a burst changes three hundred states at once. */
  #count(): void {
    if (this.#drawn) return;
    this.#drawn = true;
    requestAnimationFrame(() => {
      this.#drawn = false;
      setText(html('tally-stored'), this.#stored.toLocaleString('en'));
      setText(html('tally-all'), this.all.toLocaleString('en'));
      const waiting = this.all - this.#stored;
      setText(
        html('consent-waiting'),
        waiting === 1
          ? 'One event waits here for your answer.'
          : `${waiting} events wait here for your answer.`,
      );
    });
  }
}
