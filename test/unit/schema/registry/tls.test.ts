import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import { Registry } from '../../../../src/schema/registry/registry.ts';
import { Secret } from '../../../../src/model/secret.ts';

const file = (name: string): string =>
  readFileSync(new URL(`../../../contract/tls/${name}`, import.meta.url), 'utf8');
const cert = file('certificate.pem');

describe('a registry behind TLS', () => {
  const server = createServer({ cert, key: file('key.pem') }, (request, response) => {
    if (request.url === '/schemas/ids/2') return;
    if (request.url === '/schemas/ids/3') {
      response.writeHead(302, { location: 'https://new:8081/schemas/ids/3' }).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    request.resume().on('end', () => response.end('{"schema":"\\"string\\"","id":1,"version":1}'));
  });
  let url = '';
  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const registry = (tls: ConnectionOptions | undefined, timeout = 30_000): Registry =>
    new Registry({
      ...{ urls: [url], auth: undefined, tls: tls && new Secret(tls), timeout, retries: 0 },
      setting: 'schemaRegistry',
    });

  it('answers to who trusts its authority, with a body and without', async () => {
    const trusting = registry({ ca: cert });
    assert.equal((await trusting.byId(1))?.schema, '"string"');
    assert.equal((await trusting.find('s', { schemaType: 'AVRO', schema: '"string" ü' }))?.id, 1);
  });

  it('is refused by those who do not', async () => {
    // "Check schemaRegistry.url and that the registry is up": both were well.
    const message =
      /: self-signed certificate.*\. Give the authority that signed its certificate as schemaRegistry\.ssl\.ca\.$/;
    const refused = { code: 'REGISTRY_UNAVAILABLE', message };
    await assert.rejects(registry({}).byId(1), refused);
    await assert.rejects(registry(undefined).byId(1), refused);
  });

  it('that has moved says where to', async () => {
    await assert.rejects(registry({ ca: cert }).byId(3), {
      message: /HTTP 302: it has moved to https:\/\/new:8081\./,
    });
  });

  it('is given up when it does not answer in time', async () => {
    await assert.rejects(registry({ ca: cert }, 200).byId(2), { message: /it did not answer in time/ });
  });
});
