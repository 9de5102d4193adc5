import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { startFlow } from '@walkeros/collector';
import { sourceHttp } from '../../../../demo/source-http/index.ts';
import { demoFlow, post } from './flow.ts';

describe('HTTP source: its end', () => {
  it('finishes what is in flight, refuses what comes then, and closes its sockets', async (t) => {
    let release: () => void = () => undefined;
    const stored = new Promise<void>((resolve) => (release = resolve));
    const arrived = Promise.withResolvers<void>();
    const push = () => {
      arrived.resolve();
      return stored;
    };
    const { origin, source, shutdown } = await demoFlow(t, { destination: { push } });
    const { port } = new URL(origin);
    const kept = connect(Number(port), '127.0.0.1');
    await once(kept, 'connect');
    const inFlight = post(origin, { name: 'page view' });
    await arrived.promise;
    const ended = shutdown();
    setTimeout(release, 100);
    assert.deepEqual(await inFlight, { status: 200, body: { ok: true, accepted: 1 } });
    await ended;
    await assert.rejects(fetch(`${origin}/health`));
    if (!kept.destroyed) await once(kept, 'close');
    assert.equal(source.origin, undefined);
  });

  it('does not wait for ever: after 4 s the rest is cut off', { timeout: 10_000 }, async (t) => {
    const stored = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const push = () => {
      arrived.resolve();
      return stored.promise;
    };
    const { origin, shutdown } = await demoFlow(t, { destination: { push } });
    const inFlight = assert.rejects(post(origin, { name: 'page view' }));
    await arrived.promise;
    const started = Date.now();
    await shutdown();
    await inFlight;
    const took = Date.now() - started;
    // Left alone, the request would end with the collector's own limit of 10 s.
    assert.ok(took >= 3900 && took < 8000, `took ${String(took)} ms`);
    stored.resolve();
  });

  it('says 503 where the host goes on listening, as walkeros run does', async (t) => {
    const { source, shutdown } = await demoFlow(t, { settings: { port: undefined } });
    assert.equal(source.origin, undefined);
    const host = createServer(source.httpHandler).listen(0, '127.0.0.1');
    await once(host, 'listening');
    const address = host.address();
    const origin = `http://127.0.0.1:${String(typeof address === 'object' && address?.port)}`;
    assert.equal((await post(origin, { name: 'page view' })).status, 200);
    await shutdown();
    assert.deepEqual(await post(origin, { name: 'page view' }), {
      status: 503,
      body: { ok: false, error: 'the flow is shutting down: send the events again' },
    });
    host.close();
  });
});

describe('HTTP source: its settings', () => {
  it('stop the flow with one error that lists every problem', async () => {
    const settings = { port: 99999, path: 'collect', maxBodyBytes: 0 };
    await assert.rejects(startFlow({ sources: { http: { code: sourceHttp, config: { settings } } } }), {
      name: 'FatalError',
      message:
        'HTTP source: invalid settings: port must be a whole number from 0 to 65535; path must start with "/"; ' +
        'maxBodyBytes must be a whole number of bytes, at most 1 GiB',
    });
  });

  it('stop the flow when the port is taken', async (t) => {
    const { origin } = await demoFlow(t);
    const port = Number(new URL(origin).port);
    await assert.rejects(
      startFlow({ sources: { http: { code: sourceHttp, config: { settings: { port } } } } }),
      {
        name: 'FatalError',
        message: `HTTP source: cannot listen on 127.0.0.1:${String(port)}: listen EADDRINUSE: address already in use 127.0.0.1:${String(port)}`,
      },
    );
  });
});
