import assert from 'node:assert/strict';
import { request } from 'node:http';
import { connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { BrokerSwitch } from '../../../../demo/broker-switch.ts';
import { actionsOf } from '../../../../demo/server/actions.ts';
import { startServer } from '../../../../demo/server/server.ts';
import { EventStreams } from '../../../../demo/server/sse.ts';

type Kind = ConstructorParameters<typeof BrokerSwitch>[0]['kind'];

/** The demo's server before a flow that says which address it was asked for, and a broker that does as it is told. */
async function demoServer(t: TestContext, kind: Kind = 'embedded') {
  const told: string[] = [];
  const node = (name: string) => () => {
    told.push(name);
    return Promise.resolve();
  };
  const broker = new BrokerSwitch({
    kind,
    nodes: [{ stop: node('stop'), start: node('start') }] as never,
  });
  const views = new EventStreams();
  const server = await startServer({
    port: 0,
    flow: (incoming, response) => response.end(incoming.url),
    views,
    greet: (view) => views.send('hello', { tracks: [] }, [view]),
    find: ({ topic, partition, offset }) =>
      topic === 'events' && offset === 7
        ? { topic, partition, offset, timestamp: 1, key: null, headers: [], value: 'null', valueBytes: 4 }
        : undefined,
    actions: actionsOf({
      broker,
      replay: { start: (rate) => told.push(`replay ${rate}`), stop: () => told.push('replay ends') },
      post: (event) => Promise.resolve(told.push(JSON.stringify(event).slice(0, 23))),
      makeTopic: () => Promise.resolve(void told.push('make topic')),
      onLog: (_, text) => told.push(text),
    }),
  });
  t.after(() => server.close());
  return { ...server, told, views, broker };
}

/** As `fetch`, which lets nobody say where he comes from. */
function ask(url: string, method: string, headers: Record<string, string> = {}): Promise<[number, unknown]> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve([response.statusCode ?? 0, JSON.parse(text)]));
    });
    asking.on('error', reject).end();
  });
}

describe('demo server', () => {
  it('shows one page at all addresses of the shop, and passes the others on', async (t) => {
    const { origin } = await demoServer(t);
    const served = async (path: string): Promise<string> => (await fetch(`${origin}${path}`)).text();
    assert.equal(await served('/product/kettle?a=b'), '/index.html?a=b');
    assert.equal(await served('/live'), '/live.html');
    assert.equal(await served('/tag.js'), '/dist/tag.js');
    assert.equal(await served('/product/../x'), '/x');
    assert.equal(await served('/collect'), '/collect');
  });

  it('lets a page load nothing from elsewhere', async (t) => {
    const { origin } = await demoServer(t);
    const { headers } = await fetch(origin);
    assert.match(
      headers.get('content-security-policy') ?? '',
      /^default-src 'self';.*frame-ancestors 'self'$/,
    );
  });

  it('greets a view and goes on telling it', async (t) => {
    const { origin, views } = await demoServer(t);
    const { body } = await fetch(`${origin}/live/stream`);
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('event: hello\ndata: {"tracks":[]}\n\n'))
      text += (await reader?.read())?.value ?? '';
    views.send('tick', { at: 1 });
    while (!text.includes('event: tick\ndata: {"at":1}\n\n')) text += (await reader?.read())?.value ?? '';
    await reader?.cancel();
  });

  it('opens a record, and says when it cannot', async (t) => {
    const { origin } = await demoServer(t);
    const place = `${origin}/live/record?topic=events&partition=0&offset=`;
    const [status, body] = await ask(`${place}7`, 'GET');
    assert.deepEqual([status, (body as { record: { offset: number } }).record.offset], [200, 7]);
    assert.deepEqual(await ask(`${place}8`, 'GET'), [
      404,
      { ok: false, error: 'the demo does not keep this record any more; it is still in Kafka' },
    ]);
    assert.equal((await ask(`${origin}/live/record`, 'GET'))[0], 404);
  });

  it('does what it is asked for', async (t) => {
    const { origin, told, broker } = await demoServer(t);
    const act = async (action: string): Promise<number> => (await ask(`${origin}/do/${action}`, 'POST'))[0];
    assert.equal(await act('replay?value=1000'), 200);
    assert.equal(await act('replay?value=0'), 200);
    assert.equal(await act('replay?value=7'), 400);
    assert.equal(await act('start-broker'), 200);
    assert.equal(await act('stop-broker'), 200);
    assert.equal(broker.state, 'stopped');
    assert.equal(typeof broker.outages[0]?.begin, 'number');
    assert.equal(await act('start-broker'), 200);
    assert.equal(broker.state, 'running');
    assert.equal(typeof broker.outages[0]?.end, 'number');
    assert.equal(await act('oversize'), 200);
    assert.equal(await act('missing-topic'), 200);
    assert.equal(await act('make-topic'), 200);
    assert.deepEqual(told, [
      'replay 1000',
      'replay ends',
      'stop',
      'start',
      '{"name":"demo oversize"',
      '{"name":"demo astray","',
      'make topic',
    ]);
  });

  it('does nothing for pages of others, nor when it is only looked at, nor to a broker of others', async (t) => {
    const { origin, told } = await demoServer(t);
    const evil = { origin: 'https://evil.example' };
    assert.deepEqual(await ask(`${origin}/do/stop-broker`, 'POST', evil), [
      403,
      { ok: false, error: 'pages of https://evil.example may not do this' },
    ]);
    assert.equal((await ask(`${origin}/do/stop-broker`, 'POST', { origin: 'null' }))[0], 403);
    assert.deepEqual(await ask(`${origin}/do/stop-broker`, 'GET'), [
      405,
      { ok: false, error: 'actions are posted' },
    ]);
    const external = await demoServer(t, 'external');
    assert.deepEqual(await ask(`${external.origin}/do/stop-broker`, 'POST'), [
      404,
      { ok: false, error: 'there is no action stop-broker: there are replay' },
    ]);
    assert.deepEqual([...told, ...external.told], []);
    assert.equal((await ask(`${origin}/do/stop-broker`, 'POST', { origin }))[0], 200);
  });

  /** `GET //` was an address without a host, and the failure to read it ended the process. */
  it('lives through addresses that are none', async (t) => {
    const { origin, told } = await demoServer(t);
    const { port } = new URL(origin);
    for (const target of ['//', '//?a=b', '///', '//[', '/\\', '/%', 'http://', 'http://[', '*', '?']) {
      const socket = connect(Number(port), '127.0.0.1');
      socket.end(`GET ${target} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: close\r\n\r\n`);
      const chunks: Buffer[] = [];
      for await (const chunk of socket) chunks.push(chunk as Buffer);
      assert.match(Buffer.concat(chunks).toString(), /^HTTP\/1\.1 (200|400|404) /, target);
    }
    assert.equal((await ask(`${origin}/do/stop-broker`, 'POST'))[0], 200);
    assert.deepEqual(told, ['stop']);
  });

  /** A page whose name had got our address (DNS rebinding) was of our origin, and stopped the broker. */
  it('does nothing under a name that is not ours', async (t) => {
    const { origin, told } = await demoServer(t);
    const { port } = new URL(origin);
    const rebound = { host: `evil.example:${port}`, origin: `http://evil.example:${port}` };
    const refused = [403, { ok: false, error: 'this answers to 127.0.0.1 and localhost alone' }];
    assert.deepEqual(await ask(`${origin}/do/stop-broker`, 'POST', rebound), refused);
    assert.deepEqual(
      await ask(`${origin}/live/record?topic=events&partition=0&offset=7`, 'GET', rebound),
      refused,
    );
    assert.deepEqual(await ask(`${origin}/live/stream`, 'GET', rebound), refused);
    assert.deepEqual(
      await ask(`${origin}/do/stop-broker`, 'POST', { host: '127.0.0.1.evil.example' }),
      refused,
    );
    assert.deepEqual(told, []);
    const local = { host: `localhost:${port}`, origin: `http://localhost:${port}` };
    assert.equal((await ask(`${origin}/do/stop-broker`, 'POST', local))[0], 200);
  });
});
