import type { ServerResponse } from 'node:http';
import type { BrokerSwitch } from '../broker-switch.ts';
import type { PushCounts } from '../ledger.ts';
import type { Replay } from '../replay.ts';
import type { EventStreams } from '../server/sse.ts';
import { deadLetterTopic } from '../topics.ts';
import type { Arrival } from './arrival.ts';
import type { Feed } from './feed.ts';
import type { Hello, Track, LogLine, Second, Status, Tick } from './message.ts';

export interface LiveViewOptions {
  readonly run: string;
  readonly tracks: readonly Track[];
  readonly feed: Feed;
  readonly views: EventStreams;
  readonly broker: Pick<BrokerSwitch, 'state' | 'outages'>;
  readonly replay: Pick<Replay, 'rate' | 'name'>;
  readonly counts: Readonly<PushCounts>;
  /** Records in the spool right now. */
  readonly spoolDepth: () => Promise<number>;
  readonly onSecond: (second: Second, status: Status) => void;
}

/** Views are told ten times a second: often enough to look alive, seldom enough to be read. Milliseconds. */
const tickInterval = 100;
const keptLogLines = 50;

/** What the views and the terminal are told, from everything there is to know. */
export class LiveView {
  readonly #options: LiveViewOptions;
  readonly #log: LogLine[] = [];
  readonly #timers: NodeJS.Timeout[];
  #reading = false;
  #readBack = 0;
  #deadLetters = 0;
  #spooled = 0;
  #looking = false;

  constructor(options: LiveViewOptions) {
    this.#options = options;
    this.#timers = [setInterval(() => this.#tick(), tickInterval), setInterval(() => this.#second(), 1000)];
  }

  /** Records of this run that were read back. */
  get readBack(): number {
    return this.#readBack;
  }

  set reading(reading: boolean) {
    this.#reading = reading;
  }

  /** @param ours written by this run, and not by somebody else's on the same cluster */
  take(record: Arrival, ours: boolean): void {
    this.#options.feed.take(record);
    if (!ours) return;
    this.#readBack++;
    if (record.topic === deadLetterTopic) this.#deadLetters++;
  }

  log(level: LogLine['level'], text: string): void {
    const line = { at: Date.now(), level, text };
    this.#log.push(line);
    if (this.#log.length > keptLogLines) this.#log.shift();
    this.#options.views.send('log', line);
  }

  /** Tells a view that has just come where things stand. */
  greet(view: ServerResponse): void {
    const { run, tracks, feed, replay, broker, views } = this.#options;
    const hello: Hello = {
      run,
      tracks,
      replayOf: replay.name,
      status: this.#status(),
      ...feed.history,
      outages: broker.outages,
      log: this.#log,
    };
    views.send('hello', hello, [view]);
  }

  stop(): void {
    this.#timers.forEach((timer) => clearInterval(timer));
  }

  #tick(): void {
    const { feed, views, broker } = this.#options;
    const tick: Tick = { at: Date.now(), ...feed.tick(), outages: broker.outages, status: this.#status() };
    views.send('tick', tick);
  }

  #second(): void {
    const { feed, views, onSecond } = this.#options;
    void this.#lookIntoSpool();
    const status = this.#status();
    const second = feed.second(status.ledger.waiting);
    views.send('second', second);
    onSecond(second, status);
  }

  /** One look at a time: a busy disk may take longer than a second. */
  async #lookIntoSpool(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    this.#spooled = await this.#options.spoolDepth().catch(() => this.#spooled);
    this.#looking = false;
  }

  #status(): Status {
    const { broker, replay, counts } = this.#options;
    const { taken, refused } = counts;
    const inKafka = this.#readBack;
    const waiting = Math.max(0, taken - refused - inKafka);
    return {
      broker: broker.state,
      reading: this.#reading,
      replay: replay.rate,
      ledger: {
        taken,
        inKafka,
        deadLetters: this.#deadLetters,
        refused,
        waiting,
        spooled: Math.min(waiting, this.#spooled),
      },
    };
  }
}
