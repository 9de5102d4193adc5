import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createMemoryCluster } from '../../support/memory-cluster.ts';
import { resolveOptions } from '../../../src/config/resolve.ts';
import { openRuntime } from '../../../src/runtime.ts';
import { tempFolder } from '../../support/temp.ts';
import { open } from './file-spool.ts';

const logger = { error: () => 0, warn: () => 0, info: () => 0, debug: () => 0 };

describe('an opening that fails', () => {
  // The spool had been opened by then. It stayed locked, and the next try named another process as its owner.
  it('lets go of the spool, whatever failed', async () => {
    const path = join(tempFolder(), 'spool.db');
    const { options } = resolveOptions({ kafka: { brokers: ['b1:9092'], topic: 'events' }, spool: { path } });
    const client = createMemoryCluster().client();
    const broken = Object.create(client, {
      limits: {
        get: () => {
          throw new Error('of the client');
        },
      },
    }) as typeof client;
    const opening = openRuntime(options, { id: 'kafka', env: {}, logger }, () => Promise.resolve(broken));
    await assert.rejects(opening, { message: 'of the client' });
    await (await open(path)).close();
  });
});
