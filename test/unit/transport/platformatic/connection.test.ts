import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as library from '@platformatic/kafka';
import { NotSent } from '../../../../src/transport/connection.ts';
import { PlatformaticConnection } from '../../../../src/transport/platformatic/connection.ts';
import { clientOptions } from '../../../support/client-options.ts';
import { eventually } from '../../../support/eventually.ts';
import { moodyBroker } from '../../../support/moody-broker.ts';

// The broker dies between the moment a connection is got and the request on it: the partition waited for ever.
it(
  'a connection that has closed meanwhile takes no request, and says so at once',
  { timeout: 5_000 },
  async (t) => {
    const broker = await moodyBroker(t);
    const address = { host: '127.0.0.1', port: broker.port };
    const connection = new PlatformaticConnection(
      library,
      library.Connection,
      clientOptions,
      address,
      'produce',
    );
    await connection.ready();
    broker.hangUp();
    await eventually('it has ended', () => !connection.isOpen);

    await assert.rejects(connection.metadata('events'), NotSent);
    await assert.rejects(connection.produce([Buffer.alloc(8)]), NotSent);
    await assert.rejects(connection.initProducerId(), NotSent);
  },
);
