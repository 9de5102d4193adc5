import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { it } from 'node:test';
import * as library from '@platformatic/kafka';
import { Apis } from '../../../../src/transport/platformatic/apis.ts';
import { PlatformaticLink } from '../../../../src/transport/platformatic/link.ts';
import { NotSent } from '../../../../src/transport/not-sent.ts';
import { clientOptions } from '../../../support/client-options.ts';

const apis = new Apis(
  library,
  new Map([0, 3, 22].map((key) => [key, { minVersion: 0, maxVersion: 3 + key }])),
);

// The broker dies between the moment a connection is got and the request on it: its partition queue waited for ever.
it(
  'a connection that has closed meanwhile takes no request, and says so at once',
  { timeout: 5_000 },
  async (t) => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const connection = new library.Connection('walkeros', { connectTimeout: 1000, requestTimeout: 1000 });
    await connection.connect('127.0.0.1', (server.address() as AddressInfo).port);
    const link = new PlatformaticLink(library, clientOptions, connection, apis);
    const [socket] = await accepted;
    socket.destroy();
    await once(connection, 'close');

    await assert.rejects(link.metadata('events'), NotSent);
    await assert.rejects(link.produce([Buffer.alloc(8)]), NotSent);
    await assert.rejects(link.initProducerId(), NotSent);
  },
);
