import type { WalkerOS } from '@walkeros/core';
import { startFlow } from '@walkeros/collector';
import { PushCounts } from '../../../demo/ledger.ts';
import type { Arrival } from '../../../demo/live/arrival.ts';
import { Feed, tracksOf } from '../../../demo/live/feed.ts';
import { LiveView } from '../../../demo/live/live-view.ts';
import { RecentRecords } from '../../../demo/live/recent.ts';
import { buildPage, pageFolder } from '../../../demo/page/build.ts';
import { startServer } from '../../../demo/server/server.ts';
import { EventStreams } from '../../../demo/server/sse.ts';
import { type HttpSource, sourceHttp } from '../../../demo/source-http/index.ts';
import { generateEvents } from '../../../bench/generate.ts';

export interface Stage {
  readonly origin: string;
  /** What the shop has sent. */
  readonly taken: readonly WalkerOS.Event[];
  /** Lets records land, evenly, until it is called again. */
  play(perSecond: number): void;
  land(record: Partial<Arrival>): void;
  /** Ends what the views listen to, as a demo does that ends. */
  cut(): void;
  close(): Promise<void>;
}

const partitions = new Map([
  ['demo-events', [0, 0, 0]],
  ['demo-orders', [0, 0, 0]],
  ['demo-dead-letters', [0]],
  ['demo-nowhere', [0]],
]);

/**
 * The demo's own server, feed and pages, with records out of this process instead of a broker's: so a test knows exactly
 * what comes and how fast, whatever else the machine is doing.
 */
export async function openStage(): Promise<Stage> {
  await buildPage();
  const taken: WalkerOS.Event[] = [];
  const memory = { type: 'memory', config: {}, push: (event: WalkerOS.Event) => void taken.push(event) };
  const { collector } = await startFlow({
    run: true,
    sources: { http: { code: sourceHttp, config: { settings: { static: pageFolder } } } },
    destinations: { memory: { code: memory } },
  });

  const tracks = tracksOf(partitions);
  const recent = new RecentRecords(16 * 1024 * 1024);
  const feed = new Feed({ tracks, recent, now: Date.now, random: Math.random });
  const views = new EventStreams();
  const counts = new PushCounts();
  const view = new LiveView({
    run: 'stage',
    tracks,
    feed,
    views,
    broker: { state: 'running', outages: [] },
    replay: { rate: 0, name: 'generated events' },
    counts,
    spoolDepth: () => Promise.resolve(0),
    onSecond: () => undefined,
  });
  view.reading = true;
  const server = await startServer({
    port: 0,
    flow: (collector.sources.http as unknown as HttpSource).httpHandler,
    views,
    greet: (response) => view.greet(response),
    find: (place) => recent.find(place),
    actions: {},
  });

  const events = generateEvents(500).map((event) => ({ event, value: Buffer.from(JSON.stringify(event)) }));
  let offset = 0;
  const land = (record: Partial<Arrival>): void => {
    const { event, value } = events[offset % events.length] ?? { event: undefined, value: null };
    const key = Buffer.from(String(event?.user.session ?? ''));
    const standard = { topic: 'demo-events', partition: offset % 3, timestamp: Date.now() - 5, headers: [] };
    counts.taken++;
    view.take({ ...standard, offset: offset++, key, value, ...record }, true);
  };
  let playing: NodeJS.Timeout | undefined;
  return {
    origin: server.origin,
    taken,
    land,
    play(perSecond) {
      clearInterval(playing);
      let [before, due] = [performance.now(), 0];
      playing = setInterval(() => {
        const now = performance.now();
        due += ((now - before) * perSecond) / 1000;
        before = now;
        for (; due >= 1; due--) land({});
      }, 10);
    },
    cut: () => views.end(),
    async close() {
      clearInterval(playing);
      view.stop();
      await collector.command('shutdown');
      await server.close();
    },
  };
}
