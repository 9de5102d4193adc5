import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { WalkerOS } from '@walkeros/core';
import { startFlow } from '@walkeros/collector';
import { buildPage, pageFolder } from '../../../demo/page/build.ts';
import { destinationCollect, type Outcome } from '../../../demo/page/collect.ts';
import { hueOf } from '../../../demo/page/key-colour.ts';
import { fileOf } from '../../../demo/server/route.ts';
import { eventually } from '../../support/eventually.ts';
import { demoFlow } from './source-http/flow.ts';

describe('demo page', () => {
  it('is complete once built', async () => {
    await buildPage();
    for (const page of ['index.html', 'live.html']) {
      const html = readFileSync(join(pageFolder, page), 'utf8');
      const files = [...html.matchAll(/(?:src|href)="(\/[^"{#]+\.\w+)["#]/g)].map(([, path]) =>
        fileOf(path ?? ''),
      );
      assert.ok(files.length >= 5, files.join());
      for (const file of files) assert.ok(statSync(join(pageFolder, file)).size > 200, file);
    }
  });

  it('is tagged for walkerOS', () => {
    const html = readFileSync(join(pageFolder, 'index.html'), 'utf8');
    const actions = [...html.matchAll(/data-elbaction="([^"]+)"/g)].map(([, action]) => action);
    assert.deepEqual(actions, [
      'click:home',
      'submit:login',
      'click:select',
      'load:view',
      'click:add',
      'load:view',
      'click:remove',
      'load:start',
      'load:complete',
    ]);
    const entities = [...html.matchAll(/data-elb="([^"]+)"/g)].map(([, entity]) => entity);
    assert.deepEqual(entities, ['user', 'product', 'product', 'basket', 'product', 'order', 'order']);
  });

  it('gives a key the same colour everywhere', () => {
    assert.deepEqual([hueOf('s-1'), hueOf('s-1'), hueOf(null)], [hueOf('s-1'), hueOf('s-1'), hueOf('')]);
    const hues = new Set(Array.from({ length: 100 }, (_, n) => hueOf(`s-${n}`)));
    assert.equal(hues.size, 10);
  });
});

describe('demo page: its destination', () => {
  it('keeps the order and sends what happens meanwhile in one request', async (t) => {
    let requests = 0;
    const taken: unknown[] = [];
    const server = await demoFlow(t, {
      destination: {
        push: async (event) => {
          await new Promise((resolve) => setTimeout(resolve, 50));
          taken.push(event.data.id);
        },
      },
    });
    t.mock.method(
      globalThis,
      'fetch',
      counting(globalThis.fetch, () => (requests += 1)),
    );
    const reported: string[] = [];
    const code = destinationCollect({
      url: `${server.origin}/collect`,
      report({ data }, { state, text }) {
        if (state === 'stored') reported.push(`${JSON.stringify(data.id)} ${text}`);
      },
    });
    const { collector } = await startFlow({ destinations: { collect: { code } } });
    const pushes = [1, 2, 3, 4].map((id) => collector.push({ name: 'product view', data: { id } }));
    const results = await Promise.all(pushes);
    assert.deepEqual(
      results.map(({ ok }) => ok),
      [true, true, true, true],
    );
    assert.deepEqual(taken, [1, 2, 3, 4]);
    assert.deepEqual(reported, ['1 stored', '2 stored', '3 stored', '4 stored']);
    assert.equal(requests, 2);
  });

  it('tells each event that failed why, and the others that they are stored', async (t) => {
    const server = await demoFlow(t, {
      destination: {
        push: (event) => {
          if (event.data.id === 3) throw new Error('topic "shop" is missing');
        },
      },
    });
    assert.deepEqual(await outcomes(`${server.origin}/collect`, [1, 2, 3, 4]), [
      '1 stored',
      '2 stored',
      '3 topic "shop" is missing',
      '4 stored',
    ]);
  });

  // A 503 that names what failed was taken for a refusal: what waited for a new leader was shown as not stored, and gone.
  it('sends again what may be taken later, after the time that the flow asks for, and nothing else', async (t) => {
    const taken: unknown[] = [];
    let tries = 0;
    const server = await demoFlow(t, {
      destination: {
        push: ({ data: { id } }) => {
          tries++;
          if (id === 2 && tries < 5) throw new Error('no leader');
          if (id === 3) throw Object.assign(new Error('too large'), { retriable: false });
          taken.push(id);
        },
      },
    });
    const pauses: number[] = [];
    t.mock.method(globalThis, 'setTimeout', quick(globalThis.setTimeout, pauses));
    const shown: string[] = [];
    const push = pushTo({
      url: `${server.origin}/collect`,
      retryFor: 60_000,
      report: ({ data }, { state, text }) => shown.push(`${JSON.stringify(data.id)} ${state}: ${text}`),
    });
    // The first goes alone, and the others with the next request.
    const results = await Promise.allSettled([1, 2, 3, 4].map((id) => push({ name: 'a b', data: { id } })));
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
    );
    assert.deepEqual(taken, [1, 4, 2]);
    assert.deepEqual(pauses, [5_000]);
    assert.deepEqual(shown, [
      '1 sending: on its way',
      '1 stored: stored',
      '2 sending: on its way',
      '3 sending: on its way',
      '4 sending: on its way',
      '3 failed: too large',
      '4 stored: stored',
      '2 again: trying again',
      '2 stored: stored',
    ]);
  });

  // While it waited to try again nothing was under way, and a page that went took the events with it.
  it('leaves to the next page what waits to be tried again', async (t) => {
    const server = await demoFlow(t, {
      destination: {
        push: ({ data: { id } }) => {
          if (id === 1) throw new Error('no leader');
        },
      },
    });
    t.mock.method(globalThis, 'setTimeout', paused(globalThis.setTimeout));
    let leave = (): void => assert.fail('nobody listens');
    let kept: readonly WalkerOS.Event[] = [];
    const states: string[] = [];
    const push = pushTo({
      url: `${server.origin}/collect`,
      report: (_, { state }) => states.push(state),
      stash: { keep: (events) => (kept = events), take: () => [] },
      onLeave: (listener) => (leave = listener),
    });
    void push({ name: 'a b', data: { id: 1 } }).catch(() => undefined);
    await eventually('it waits', () => states.includes('again'));
    leave();
    assert.deepEqual(
      kept.map(({ data }) => data.id),
      [1],
    );
  });

  it('says when the flow is not there, after it has tried for a while', async (t) => {
    const server = await demoFlow(t);
    await server.shutdown();
    assert.deepEqual(await outcomes(`${server.origin}/collect`, [1]), ['1 the flow cannot be reached']);
  });

  // 300 events are some 200 KB, and browsers refuse a request beyond 64 KiB that is to outlive its page: most were lost.
  it('asks for a request that outlives the page only where browsers allow it', async (t) => {
    const server = await demoFlow(t);
    const asked: [bytes: number, keepalive: boolean][] = [];
    t.mock.method(
      globalThis,
      'fetch',
      watched(globalThis.fetch, (body, keepalive) => asked.push([body.length, keepalive])),
    );
    const push = pushTo({ url: `${server.origin}/collect`, report: () => undefined });
    await Promise.all(
      Array.from({ length: 300 }, (_, n) =>
        push({ name: 'product view', data: { n, text: 'x'.repeat(600) } }),
      ),
    );
    assert.equal(server.taken.length, 300);
    assert.deepEqual(
      asked.map(([bytes, keepalive]) => [bytes > 60 * 1024, keepalive]),
      [
        [false, true],
        [true, false],
      ],
    );
  });

  it('cuts what is more than the source takes at once', async (t) => {
    const server = await demoFlow(t);
    const push = pushTo({ url: `${server.origin}/collect`, report: () => undefined });
    await Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        push({ name: 'product view', data: { n, text: 'x'.repeat(100_000) } }),
      ),
    );
    assert.deepEqual(
      server.taken.map(({ data }) => data.n),
      Array.from({ length: 30 }, (_, n) => n),
    );
  });

  it('tries again while the flow is away, and keeps the order', async (t) => {
    const server = await demoFlow(t);
    let away = 2;
    t.mock.method(
      globalThis,
      'fetch',
      failing(globalThis.fetch, () => away-- > 0),
    );
    const states: Outcome['state'][] = [];
    const push = pushTo({ url: `${server.origin}/collect`, report: (_, { state }) => states.push(state) });
    await Promise.all([1, 2].map((id) => push({ name: 'product view', data: { id } })));
    assert.deepEqual(
      server.taken.map(({ data }) => data.id),
      [1, 2],
    );
    assert.deepEqual(states, ['sending', 'again', 'again', 'stored', 'sending', 'stored']);
  });

  it('leaves to the next page what the page that goes could not send', async (t) => {
    const server = await demoFlow(t);
    await server.shutdown();
    let leave = (): void => assert.fail('nobody listens');
    let kept: readonly WalkerOS.Event[] = [];
    const stash = { keep: (events: readonly WalkerOS.Event[]) => (kept = events), take: () => [] };
    const url = `${server.origin}/collect`;
    const push = pushTo({ url, report: () => undefined, stash, onLeave: (listener) => (leave = listener) });
    const large = { name: 'product view', data: { text: 'x'.repeat(70_000) } };
    [1, 2].forEach((id) => void push({ ...large, data: { ...large.data, id } }).catch(() => undefined));
    leave();
    assert.deepEqual(
      kept.map(({ data }) => data.id),
      [1, 2],
    );

    const next = await demoFlow(t);
    const left = { keep: () => undefined, take: () => kept };
    pushTo({ url: `${next.origin}/collect`, report: () => undefined, stash: left });
    await eventually('both are taken', () => next.taken.length === 2);
    assert.deepEqual(
      next.taken.map(({ data }) => data.id),
      [1, 2],
    );
  });
});

type Push = (event: WalkerOS.DeepPartialEvent) => Promise<void>;

const pushTo = (options: Parameters<typeof destinationCollect>[0]): Push =>
  destinationCollect({ retryFor: 5000, ...options }).push as unknown as Push;

/** Pushes one event per id at once and gives what the page would show in the end. */
async function outcomes(url: string, ids: readonly number[]): Promise<string[]> {
  const shown: string[] = [];
  const push = pushTo({
    url,
    retryFor: 0,
    report({ data }, { state, text }) {
      if (state === 'stored' || state === 'failed') shown.push(`${JSON.stringify(data.id)} ${text}`);
    },
  });
  await Promise.allSettled(ids.map((id) => push({ name: 'product view', data: { id } })));
  return shown;
}

/** The pause that the source asks for, in ms. */
const pause = 5_000;

/** Ends that pause at once and notes it. */
function quick(original: typeof setTimeout, pauses: number[]): typeof setTimeout {
  const mocked = (run: () => void, ms = 0): unknown => {
    if (ms === pause) pauses.push(ms);
    return original(run, ms === pause ? 0 : ms);
  };
  return mocked as typeof setTimeout;
}

/** Never ends it. */
function paused(original: typeof setTimeout): typeof setTimeout {
  const mocked = (run: () => void, ms = 0): unknown => (ms === pause ? undefined : original(run, ms));
  return mocked as typeof setTimeout;
}

function watched(original: typeof fetch, watch: (body: string, keepalive: boolean) => void): typeof fetch {
  return (input, init) => {
    if (typeof init?.body === 'string') watch(init.body, init.keepalive === true);
    // Node would refuse nothing, browsers do.
    return original(input, init);
  };
}

function failing(original: typeof fetch, fails: () => boolean): typeof fetch {
  return (...args) => (fails() ? Promise.reject(new TypeError('fetch failed')) : original(...args));
}

function counting(original: typeof fetch, count: () => void): typeof fetch {
  return (...args) => {
    count();
    return original(...args);
  };
}
