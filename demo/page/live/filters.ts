import type { Landed, Lane } from '../../live/message.ts';
import { byId, html } from '../element.ts';

/** Which records somebody wants to see. */
export class Filters {
  readonly #topic = byId('filter-topic', HTMLSelectElement);
  readonly #partition = byId('filter-partition', HTMLSelectElement);
  readonly #name = byId('filter-name', HTMLInputElement);
  readonly #key = byId('filter-key', HTMLInputElement);
  #lanes: readonly Lane[] = [];
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

  offer(lanes: readonly Lane[]): void {
    this.#lanes = lanes;
    const choices = (values: readonly (string | number)[]): HTMLOptionElement[] =>
      [...new Set(values)].map((value) => new Option(String(value)));
    this.#topic.replaceChildren(new Option('all', ''), ...choices(lanes.map(({ topic }) => topic)));
    this.#partition.replaceChildren(
      new Option('all', ''),
      ...choices(lanes.map(({ partition }) => partition)),
    );
  }

  readonly shows = ({ lane, name, key }: Landed): boolean => {
    const { topic, partition } = this.#lanes[lane] ?? { topic: '', partition: 0 };
    const wanted = this.#wanted;
    return (
      (wanted.topic === '' || wanted.topic === topic) &&
      (wanted.partition === '' || wanted.partition === String(partition)) &&
      (wanted.name === '' || name.toLowerCase().includes(wanted.name)) &&
      (wanted.key === '' || (key ?? '').toLowerCase().includes(wanted.key))
    );
  };
}
