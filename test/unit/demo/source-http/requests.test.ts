import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { demoFlow, post } from './flow.ts';

describe('HTTP source: what it takes', () => {
  const takes = [
    { name: 'one event', body: { name: 'page view' }, names: ['page view'] },
    {
      name: 'an array',
      body: [{ name: 'page view' }, { name: 'product add' }],
      names: ['page view', 'product add'],
    },
    {
      name: 'a batch',
      body: { batch: [{ name: 'order complete' }, { name: 'page view' }] },
      names: ['order complete', 'page view'],
    },
    {
      name: 'entity and action without a name',
      body: { entity: 'cart', action: 'view' },
      names: ['cart view'],
    },
    { name: 'a name of three words', body: { name: 'page view again' }, names: ['page view again'] },
  ];
  for (const { name, body, names } of takes) {
    it(name, async (t) => {
      const { origin, taken } = await demoFlow(t);
      assert.deepEqual(await post(origin, body), { status: 200, body: { ok: true, accepted: names.length } });
      assert.deepEqual(
        taken.map((event) => event.name),
        names,
      );
    });
  }

  it('keeps the order of a request, whatever rules its events meet', async (t) => {
    const { origin, taken } = await demoFlow(t, {
      config: { mapping: { b: { x: { data: { map: { id: 'data.id' } } } } } },
    });
    const events = Array.from({ length: 60 }, (_, id) => ({
      name: id % 3 === 0 ? 'b x' : 'a x',
      data: { id },
    }));
    assert.equal((await post(origin, events)).status, 200);
    assert.deepEqual(
      taken.map((event) => event.data.id),
      Array.from({ length: 60 }, (_, id) => id),
    );
  });

  it('content types with a parameter or a +json suffix', async (t) => {
    const { origin } = await demoFlow(t);
    for (const type of [
      'application/json; charset=utf-8',
      'Application/JSON',
      'application/cloudevents+json',
    ]) {
      assert.equal((await post(origin, { name: 'page view' }, { 'content-type': type })).status, 200, type);
    }
  });
});

describe('HTTP source: CORS', () => {
  it('lets any origin post when it is on', async (t) => {
    const { origin } = await demoFlow(t, { settings: { cors: true } });
    const preflight = await fetch(`${origin}/collect`, { method: 'OPTIONS' });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get('access-control-allow-origin'), '*');
    assert.equal(preflight.headers.get('access-control-allow-methods'), 'POST, OPTIONS');
    assert.equal(preflight.headers.get('access-control-allow-headers'), 'content-type');
    const refused = await fetch(`${origin}/collect`, { method: 'POST' });
    assert.equal(refused.headers.get('access-control-allow-origin'), '*');
  });

  it('is off by default', async (t) => {
    const { origin } = await demoFlow(t);
    assert.equal((await fetch(`${origin}/health`)).headers.get('access-control-allow-origin'), null);
  });
});
