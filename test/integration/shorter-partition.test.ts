import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createReader } from '../../src/transport/create.ts';
import { freshTopic, sharedBroker } from '../support/broker.ts';
import { clientOptions } from '../support/client-options.ts';
import { realProducer } from '../support/real-producer.ts';

/** As after a leader that was not in sync, or under a topic that was made anew: `find` and `resend` waited for ever. */
describe(
  'a partition that has fewer records than it had when its end was asked for',
  { concurrency: true },
  () => {
    const read = async (from: bigint, until: bigint) => {
      const { brokers } = await sharedBroker();
      const topic = await freshTopic('shorter');
      const { send, close } = await realProducer(brokers);
      for (const value of ['a', 'b', 'c']) await send(topic, 'key', value);
      await close();
      const { reader } = await createReader({ ...clientOptions, brokers, requestTimeout: 10_000 });
      const values: string[] = [];
      try {
        for await (const { records } of reader.read(topic, new Map([[0, from]]), {
          until: new Map([[0, until]]),
        }))
          values.push(...records.map(({ value }) => String(value)));
      } catch (error) {
        return { values, error: (error as Error).message };
      } finally {
        await reader.close();
      }
      return { values, error: undefined };
    };

    it('ends the read with what is there, and says so', async () => {
      const { values, error } = await read(1n, 10n);
      assert.deepEqual(values, ['b', 'c']);
      assert.match(
        String(error),
        /partition 0 ended at offset 10 and ends at 3 now: its youngest records are lost, or the topic was made anew/,
      );
    });

    it('is not read from its beginning where one stood behind its end', async () => {
      const { values, error } = await read(7n, 10n);
      assert.deepEqual(values, []);
      assert.match(String(error), /ended at offset 10 and ends at 3 now/);
    });

    it('is read to its end where that is reached', async () => {
      assert.deepEqual(await read(1n, 3n), { values: ['b', 'c'], error: undefined });
    });
  },
);
