import type { Track, Ledger, Second, Status } from '../../live/message.ts';
import { byId, html, make, setText } from '../element.ts';
import type { Palette } from './palette.ts';
import { Spark } from './spark.ts';

const number = (value: number): string => Math.round(value).toLocaleString('en');

/** The tiles: how much, how fast, how much waits, and the ledger. */
export class Numbers {
  readonly #rate: Spark;
  readonly #latency: Spark;
  readonly #waiting: Spark;
  #seconds: Second[] = [];

  constructor(palette: () => Palette) {
    const spark = (id: string): Spark => new Spark(byId(id, HTMLCanvasElement), palette);
    this.#rate = spark('spark-rate');
    this.#latency = spark('spark-latency');
    this.#waiting = spark('spark-waiting');
  }

  reset(seconds: readonly Second[]): void {
    this.#seconds = [...seconds];
    this.draw();
  }

  second(second: Second): void {
    this.#seconds = [...this.#seconds, second].slice(-120);
    setText(html('rate'), number(second.landed));
    if (second.p50 !== null) {
      setText(html('p50'), number(second.p50));
      setText(html('p99'), `p99 ${number(second.p99 ?? second.p50)}`);
    }
    this.draw();
  }

  ledger({ taken, inKafka, deadLetters, refused, waiting, spooled = 0 }: Ledger): void {
    setText(html('taken'), number(taken));
    setText(html('in-kafka'), number(inKafka));
    setText(html('dead-letters'), number(deadLetters));
    setText(html('refused'), number(refused));
    setText(html('waiting'), number(waiting));
    setText(html('waiting-where'), spooled > 0 ? `${number(spooled)} on disk` : '');
    html('tile-waiting').classList.toggle('some', waiting > 0);
  }

  draw(): void {
    const values = (name: 'landed' | 'p50' | 'p99' | 'waiting') =>
      this.#seconds.map((second) => second[name]);
    this.#rate.show([{ values: values('landed'), colour: ({ accent }) => accent, filled: true }]);
    this.#latency.show([
      { values: values('p50'), colour: ({ accent }) => accent, filled: true },
      { values: values('p99'), colour: ({ ink }) => ink, filled: false },
    ]);
    this.#waiting.show([{ values: values('waiting'), colour: ({ amber }) => amber, filled: true }]);
  }
}

/** The tracks' names beside their canvas, with how many records landed on each since the view was opened. */
export class TrackNames {
  #totals: number[] = [];
  #cells: HTMLElement[] = [];

  reset(tracks: readonly Track[]): void {
    this.#totals = tracks.map(() => 0);
    this.#cells = tracks.map(() => make('span', 'total', '0'));
    const list = html('track-names');
    list.replaceChildren(
      ...tracks.map(({ topic, partition }, place) => {
        const line = make('li');
        const name = make('span', 'topic');
        name.append(topic.replace(/^demo-/, ''), ' ', make('b', '', String(partition)));
        name.title = `${topic}, partition ${partition}`;
        line.append(name, this.#cells[place] ?? '');
        return line;
      }),
    );
    html('tracks').style.setProperty('--tracks', String(tracks.length));
  }

  take(landed: readonly number[]): void {
    landed.forEach((count, place) => {
      if (count === 0) return;
      this.#totals[place] = (this.#totals[place] ?? 0) + count;
      const cell = this.#cells[place];
      if (cell) setText(cell, number(this.#totals[place] ?? 0));
    });
  }
}

const words: Readonly<Record<Status['broker'], string>> = {
  external: 'Kafka from KAFKA_BROKERS',
  running: 'broker runs',
  stopping: 'broker stops',
  stopped: 'broker is stopped',
  starting: 'broker starts',
};

/** The pill in the head, and the same in words for those who listen. */
export class BrokerState {
  #spoken = '';

  show({ broker, reading, ledger }: Status): void {
    const connecting = !reading && (broker === 'running' || broker === 'external');
    const text = connecting ? 'consumer connects' : words[broker];
    html('broker').dataset.state = connecting ? 'connecting' : broker;
    setText(html('broker-text'), text);
    const recovered = ledger.waiting === 0 ? 'nothing waits' : 'records wait for it';
    const spoken = `The ${text}, ${recovered}. ${ledger.deadLetters} dead letters.`;
    // Said once for each change that means something, not for every record.
    if (spoken !== this.#spoken && (broker !== 'running' || ledger.waiting === 0)) {
      this.#spoken = spoken;
      setText(html('spoken'), spoken);
    }
  }

  away(): void {
    html('broker').dataset.state = 'away';
    setText(html('broker-text'), 'the demo has ended');
  }
}
