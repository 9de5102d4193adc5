import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { demoFlow, post } from './flow.ts';

describe('HTTP source: what it refuses, each with its reason and nothing pushed', () => {
  const empty = 'the body is empty: send an event, an array, or { "batch": [...] }';
  const twoWords = '"name" must be an entity and an action with one space between, such as "page view"';
  const one = (reason: string) => `event 0: ${reason} (1 of 1 events invalid, nothing was taken)`;
  const refuses: {
    name: string;
    body: unknown;
    status: number;
    error: string | RegExp;
    headers?: Record<string, string>;
  }[] = [
    { name: 'an empty body', body: '', status: 400, error: empty },
    { name: 'bad JSON', body: '{"name":', status: 400, error: /^the body is not JSON: / },
    {
      name: 'bytes that are not UTF-8',
      body: Uint8Array.of(0x22, 0xff, 0x22),
      status: 400,
      error: /^the body is not JSON: /,
    },
    { name: 'no events', body: [], status: 400, error: 'there are no events in the body' },
    { name: 'an empty batch', body: { batch: [] }, status: 400, error: 'there are no events in the body' },
    {
      name: 'a batch that is no array',
      body: { batch: 'x' },
      status: 400,
      error: '"batch" must be an array of events',
    },
    { name: 'a string', body: '"page view"', status: 400, error: one('must be an object, not string') },
    { name: 'null', body: 'null', status: 400, error: one('must be an object, not null') },
    { name: 'an event without a name', body: {}, status: 400, error: one(twoWords) },
    { name: 'a name of one word', body: { name: 'page' }, status: 400, error: one(twoWords) },
    { name: 'a name with two spaces', body: { name: 'page  view' }, status: 400, error: one(twoWords) },
    { name: 'an entity without action', body: { entity: 'page' }, status: 400, error: one(twoWords) },
    {
      name: 'a name of the wrong type',
      body: { name: 7 },
      status: 400,
      error: one('"name" must be string, not number'),
    },
    {
      name: 'data that is an array',
      body: { name: 'a b', data: [] },
      status: 400,
      error: one('"data" must be object, not array'),
    },
    {
      name: 'user null',
      body: { name: 'a b', user: null },
      status: 400,
      error: one('"user" must be object, not null'),
    },
    {
      name: 'a timestamp in words',
      body: { name: 'a b', timestamp: 'now' },
      status: 400,
      error: one('"timestamp" must be number, not string'),
    },
    {
      name: 'a command',
      body: { name: 'walker run' },
      status: 400,
      error: one('"walker run" is a command to the collector, not an event'),
    },
    {
      name: 'text',
      body: '{"name":"a b"}',
      headers: { 'content-type': 'text/plain' },
      status: 415,
      error: 'send application/json, not text/plain',
    },
    {
      name: 'gzip',
      body: '{}',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      status: 415,
      error: 'send the body as it is, not gzip',
    },
    {
      name: 'a body over 1 MiB',
      body: JSON.stringify({ name: 'a b', data: { x: 'x'.repeat(1024 * 1024) } }),
      status: 413,
      error: 'the body is larger than 1048576 bytes: send fewer events at a time',
    },
  ];
  for (const { name, body, status, error, headers } of refuses) {
    it(name, async (t) => {
      const { origin, taken } = await demoFlow(t);
      const answer = await post(origin, body, headers);
      assert.equal(answer.status, status);
      const { ok, error: reason } = answer.body as { ok: boolean; error: string };
      assert.equal(ok, false);
      if (typeof error === 'string') assert.equal(reason, error);
      else assert.match(reason, error);
      assert.deepEqual(taken, []);
    });
  }

  it('pages of other origins, unless it is told to take them', async (t) => {
    const evil = { 'content-type': 'application/json', origin: 'https://evil.example' };
    const { origin, taken } = await demoFlow(t);
    assert.deepEqual(await post(origin, { name: 'page view' }, evil), {
      status: 403,
      body: {
        ok: false,
        error: 'events of pages of https://evil.example are not taken here: set "cors" to take them',
      },
    });
    assert.deepEqual(taken, []);
    const own = { 'content-type': 'application/json', origin };
    assert.equal((await post(origin, { name: 'page view' }, own)).status, 200);
    const open = await demoFlow(t, { settings: { cors: true } });
    assert.equal((await post(open.origin, { name: 'page view' }, evil)).status, 200);
  });

  it('all events of a request when some are bad, naming each by its index', async (t) => {
    const { origin, taken } = await demoFlow(t);
    const answer = await post(origin, [{ name: 'page view' }, { name: 'page' }, 7, { name: 'product add' }]);
    assert.deepEqual(answer, {
      status: 400,
      body: {
        ok: false,
        error:
          'event 1: "name" must be an entity and an action with one space between, such as "page view" ' +
          '(2 of 4 events invalid, nothing was taken)',
        invalid: [
          {
            index: 1,
            reason: '"name" must be an entity and an action with one space between, such as "page view"',
          },
          { index: 2, reason: 'must be an object, not number' },
        ],
      },
    });
    assert.deepEqual(taken, []);
  });

  it('a body over the limit that does not announce its size', async (t) => {
    const { origin } = await demoFlow(t, { settings: { maxBodyBytes: 1000 } });
    const chunks = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 20; i++) controller.enqueue(new TextEncoder().encode('"'.padEnd(100, 'x')));
        controller.close();
      },
    });
    const response = await fetch(`${origin}/collect`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: chunks,
      duplex: 'half',
    });
    assert.equal(response.status, 413);
  });

  it('other methods, with what is allowed', async (t) => {
    const { origin } = await demoFlow(t);
    for (const [path, method, allow] of [
      ['/collect', 'GET', 'POST'],
      ['/collect', 'OPTIONS', 'POST'],
      ['/health', 'POST', 'GET, HEAD'],
    ] as const) {
      const response = await fetch(origin + path, { method });
      assert.deepEqual([response.status, response.headers.get('allow')], [405, allow]);
      assert.deepEqual(await response.json(), {
        ok: false,
        error: `${method} is not allowed here: use ${allow}`,
      });
    }
  });

  it('unknown paths', async (t) => {
    const { origin } = await demoFlow(t);
    const response = await fetch(`${origin}/else?name=x`);
    assert.equal(response.status, 404);
    assert.deepEqual(await response.json(), {
      ok: false,
      error: 'nothing is at /else: events are posted to /collect',
    });
  });
});
