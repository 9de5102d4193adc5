import type { Landed, Track } from '../../live/message.ts';
import { byId, html } from '../element.ts';

/** Which records somebody wants to see. */
export class Filters {
  readonly #topic = byId('filter-topic', HTMLSelectElement);
  readonly #partition = byId('filter-partition', HTMLSelectElement);
  readonly #name = byId('filter-name', HTMLInputElement);
  readonly #key = byId('filter-key', HTMLInputElement);
  #tracks: readonly Track[] = [];
  #wanted = { topic: '', partition: '', name: '', key: '' };

  constructor(onChange: () => void) {
    html('filters').addEventListener('input', () => {
      this.#wanted = {
        topic: this.#topic.value,
        partition: this.#partition.value,
        name: this.#name.value.trim().toLowerCase(),
        key: this.#key.value.trim().toLowerCase(),
      };
      onChange();
    });
    html('filters').addEventListener('submit', (event) => event.preventDefault());
  }

  offer(tracks: readonly Track[]): void {
    this.#tracks = tracks;
    const choices = (values: readonly (string | number)[]): HTMLOptionElement[] =>
      [...new Set(values)].map((value) => new Option(String(value)));
    this.#topic.replaceChildren(new Option('all', ''), ...choices(tracks.map(({ topic }) => topic)));
    this.#partition.replaceChildren(
      new Option('all', ''),
      ...choices(tracks.map(({ partition }) => partition)),
    );
  }

  readonly shows = ({ track, name, key }: Landed): boolean => {
    const { topic, partition } = this.#tracks[track] ?? { topic: '', partition: 0 };
    const wanted = this.#wanted;
    return (
      (wanted.topic === '' || wanted.topic === topic) &&
      (wanted.partition === '' || wanted.partition === String(partition)) &&
      (wanted.name === '' || name.toLowerCase().includes(wanted.name)) &&
      (wanted.key === '' || (key ?? '').toLowerCase().includes(wanted.key))
    );
  };
}
