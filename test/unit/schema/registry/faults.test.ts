import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { Registry } from '../../../../src/schema/registry/registry.ts';
import { scriptedServer, type Reply, type ScriptedServer } from '../../../support/scripted-http.ts';

const open: ScriptedServer[] = [];
afterEach(() => Promise.all(open.splice(0).map((server) => server.close())));

async function server(...replies: Reply[]): Promise<ScriptedServer> {
  const last = replies.at(-1) ?? {};
  const made = await scriptedServer((_, count) => replies[count - 1] ?? last);
  open.push(made);
  return made;
}

function registry(urls: readonly string[], timeout = 1000): Registry {
  return new Registry({
    ...{ urls, auth: undefined, tls: undefined, timeout, setting: 'schemaRegistry' },
    ...{ retries: 2, initialRetryTime: 1 },
  });
}

const right: Reply = { body: { schema: '"string"' } };
const schema = { schema: '"string"', schemaType: 'AVRO', references: [] };

/** The address of a server that has gone. */
async function gone(): Promise<string> {
  const made = await scriptedServer(() => right);
  await made.close();
  return made.url;
}

describe('a registry with faults', () => {
  const passing: [what: string, first: Reply][] = [
    ['500', { status: 500, body: { error_code: 50001, message: 'Error in the backend data store' } }],
    ['503 with an HTML page', { status: 503, body: '<html>', headers: { 'content-type': 'text/html' } }],
    ['500 with an empty body', { status: 500 }],
    ['429', { status: 429, headers: { 'retry-after': '0' } }],
    ['408', { status: 408 }],
    ['a cut connection', { cut: true }],
    ['no answer in time', { delay: Infinity }],
  ];
  for (const [what, first] of passing) {
    it(`is asked again after ${what}`, async () => {
      const { url, asked } = await server(first, right);
      assert.deepEqual(await registry([url], 200).byId(1), schema);
      assert.equal(asked.length, 2);
    });
  }

  it('waits as long as it is asked to', async () => {
    const { url } = await server({ status: 429, headers: { 'retry-after': '1' } }, right);
    const begin = performance.now();
    await registry([url]).byId(1);
    assert.ok(performance.now() - begin >= 990);
  });

  it('is given up after the last retry, with the reason', async () => {
    const { url, asked } = await server({ status: 500, body: { error_code: 50001, message: 'no disk' } });
    await assert.rejects(registry([url]).byId(1), {
      name: 'KafkaError',
      code: 'REGISTRY_UNAVAILABLE',
      message: `The Schema Registry at ${url} could not look up the schema of id 1: HTTP 500: no disk. Check schemaRegistry.url and that the registry is up.`,
    });
    assert.equal(asked.length, 3);
  });

  it('is given up when it answers too slowly each time', async () => {
    const { url } = await server({ delay: Infinity });
    await assert.rejects(registry([url], 50).byId(1), {
      code: 'REGISTRY_UNAVAILABLE',
      message: /could not look up the schema of id 1: it did not answer in time\./,
    });
  });

  it('is given up when nothing listens', async () => {
    await assert.rejects(registry([await gone()]).byId(1), {
      code: 'REGISTRY_UNAVAILABLE',
      message: /connect ECONNREFUSED 127\.0\.0\.1:/,
    });
  });

  const refused: [what: string, reply: Reply, code: string, message: RegExp][] = [
    [
      '401 with an empty body',
      { status: 401 },
      'REGISTRY_UNAUTHORIZED',
      /: HTTP 401\. Check schemaRegistry\.auth/,
    ],
    [
      '403',
      { status: 403, body: { error_code: 40301, message: 'User is denied.' } },
      'REGISTRY_UNAUTHORIZED',
      /: HTTP 403: User is denied\. Check/,
    ],
    [
      '404 of a path that is no API',
      { status: 404, body: '<!doctype html><p>Not here', headers: { 'content-type': 'text/html' } },
      'REGISTRY_FAILED',
      /: HTTP 404: an HTML page\. Check schemaRegistry\.url: the path of the API belongs to it/,
    ],
    ['400', { status: 400, body: 'Bad header' }, 'REGISTRY_FAILED', /: HTTP 400: Bad header\./],
    ['an empty body', {}, 'REGISTRY_FAILED', /it answers with an empty body instead of/],
    [
      'an HTML page',
      { body: '<html><body>Log in</body></html>', headers: { 'content-type': 'text/html; charset=utf-8' } },
      'REGISTRY_FAILED',
      /it answers with an HTML page instead of a Schema Registry's JSON/,
    ],
    ['text', { body: 'OK' }, 'REGISTRY_FAILED', /it answers with something else instead of/],
    [
      'other JSON',
      { body: { status: 'UP' } },
      'REGISTRY_FAILED',
      /it answers with something else instead of/,
    ],
  ];
  for (const [what, reply, code, message] of refused) {
    it(`is asked once when it answers ${what}`, async () => {
      const { url, asked } = await server(reply);
      await assert.rejects(registry([url]).byId(1), { code, message });
      assert.equal(asked.length, 1);
    });
  }

  /** A POST became a GET on the way, whose answer said nothing of the schema; behind `ssl` there was another error. */
  it('that has moved says where to, without the query, and is not followed', async () => {
    const moves: [location: string, place: (url: string) => string][] = [
      ['https://new:8081/ccompat/subjects/orders-value?key=hush', () => 'https://new:8081/ccompat'],
      ['/login?back=hush', (url) => `${url}/login`],
    ];
    for (const [location, place] of moves) {
      const { url, asked } = await server({ status: 301, headers: { location } });
      await assert.rejects(registry([url]).find('orders-value', { schema: '"string"', schemaType: 'AVRO' }), {
        code: 'REGISTRY_FAILED',
        message: `The Schema Registry at ${url} could not look up the schema under subject "orders-value": HTTP 301: it has moved to ${place(url)}. Redirects are not followed: write that URL into schemaRegistry.url.`,
      });
      assert.equal(asked.length, 1);
    }
    const lost = await server({ status: 302, headers: { location: 'http://' } });
    await assert.rejects(registry([lost.url]).byId(1), { message: /: HTTP 302\. Check schemaRegistry\.url/ });
  });

  it('does not fill the memory with an answer that is no schema', async () => {
    const { url } = await server({ body: 'x'.repeat(9 * 1024 * 1024) });
    await assert.rejects(registry([url]).byId(1), { message: /the answer is larger than 8388608 bytes/ });
  });

  it('is asked by its other URLs in turn, and then by the one that answered', async () => {
    const down = await server({ status: 502 });
    const up = await server(right);
    const both = registry([await gone(), down.url, `${up.url}/`]);
    await both.byId(1);
    await both.byId(2);
    assert.deepEqual([down.asked.length, up.asked.length], [1, 2]);
  });

  it('tells what each of its URLs said', async () => {
    const down = await server({ status: 502 });
    await assert.rejects(registry([await gone(), down.url]).byId(1), (error: Error) => {
      assert.match(error.message, new RegExp(`ECONNREFUSED 127.0.0.1:\\d+; ${down.url}: HTTP 502\\.`));
      return true;
    });
  });

  it('is not asked by another URL when it refuses', async () => {
    const refusing = await server({ status: 401 });
    const up = await server(right);
    await assert.rejects(registry([refusing.url, up.url]).byId(1), { code: 'REGISTRY_UNAUTHORIZED' });
    assert.equal(up.asked.length, 0);
  });
});
