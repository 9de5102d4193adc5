import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { WalkerOS } from '@walkeros/core';
import { startFlow } from '@walkeros/collector';
import { buildPage, pageFolder } from '../../../demo/page/build.ts';
import { destinationCollect } from '../../../demo/page/destination-collect.ts';
import { demoFlow } from './source-http/flow.ts';

// What a browser has and Node has not.
Object.assign(globalThis, { addEventListener: () => undefined });

describe('demo page', () => {
  it('is complete once built', async () => {
    await buildPage();
    const html = readFileSync(join(pageFolder, 'index.html'), 'utf8');
    const files = [...html.matchAll(/(?:src|href)="([^":]+)"/g)].map(([, file]) => file ?? '');
    assert.deepEqual(files.sort(), ['dist/tag.js', 'style.css']);
    for (const file of files) assert.ok(statSync(join(pageFolder, file)).size > 500, file);
  });

  it('is tagged for walkerOS', () => {
    const html = readFileSync(join(pageFolder, 'index.html'), 'utf8');
    const actions = [...html.matchAll(/data-elbaction="([^"]+)"/g)].map(([, action]) => action);
    assert.deepEqual(actions, ['click:view', 'click:add', 'click:complete']);
    const entities = [...html.matchAll(/data-elb="([^"]+)"/g)].map(([, entity]) => entity);
    assert.deepEqual(entities, ['product', 'order']);
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
    const code = destinationCollect(`${server.origin}/collect`, ({ data }, { text }) => {
      reported.push(`${JSON.stringify(data.id)} ${text}`);
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

  it('says when the flow is not there', async (t) => {
    const server = await demoFlow(t);
    await server.shutdown();
    assert.deepEqual(await outcomes(`${server.origin}/collect`, [1]), ['1 the flow cannot be reached']);
  });
});

/** Pushes one event per id at once and gives what the page would show. */
async function outcomes(url: string, ids: readonly number[]): Promise<string[]> {
  const shown: string[] = [];
  const destination = destinationCollect(url, ({ data }, { text }) =>
    shown.push(`${JSON.stringify(data.id)} ${text}`),
  );
  const push = destination.push as unknown as (event: WalkerOS.DeepPartialEvent) => Promise<void>;
  await Promise.allSettled(ids.map((id) => push({ name: 'product view', data: { id } })));
  return shown;
}

function counting(original: typeof fetch, count: () => void): typeof fetch {
  return (...args) => {
    count();
    return original(...args);
  };
}
