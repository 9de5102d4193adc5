import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { createMemoryCluster } from '../../support/memory-cluster.ts';
import { resolveOptions } from '../../../src/config/resolve.ts';
import { openRuntime } from '../../../src/runtime.ts';
import { tempFolder } from '../../support/temp.ts';
import type { Notice } from '../../../src/model/notice.ts';
import { filled, keep, open, place, record } from './file-spool.ts';

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

/** A gigabyte stopped the loop for 2.8 s: other destinations and health checks waited. */
describe('a spool of an earlier run', () => {
  for (const [size, records, threads] of [
    ['small', 20, 0],
    ['large', 20_000, 2],
  ] as const)
    it(`is read as a whole by ${threads} threads where it is ${size}, and found as it was left`, async (t) => {
      const path = join(tempFolder(), 'spool.db');
      await filled(path, records);
      const database = new DatabaseSync(path);
      database.exec("UPDATE records SET refused = 'no' WHERE id = 2");
      database.exec('UPDATE records SET timestamp = 9223372036854775807 WHERE id = 3');
      database.close();

      let started = 0;
      const count = () => started++;
      process.on('worker', count);
      t.after(() => process.off('worker', count));
      const notices: Notice[] = [];
      const spool = await open(path, notices);
      assert.equal(started, threads);
      assert.equal(spool.lastId, records);
      assert.equal(spool.level().records, records);
      assert.deepEqual(spool.places(), [{ ...place, records: records - 1 }]);
      assert.deepEqual(
        spool.read(place, 0, 3_500).map(({ id }) => id),
        [1, 2, 4],
      );
      assert.deepEqual(
        notices.map(({ kind }) => kind),
        ['spool-row-damaged'],
      );
      await keep(spool, records + 1, record('new'));
      assert.deepEqual(spool.places(), [{ ...place, records }]);
      await spool.close();
    });
});
