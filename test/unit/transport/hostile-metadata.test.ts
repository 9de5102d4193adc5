import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { KafkaError } from '../../../src/model/errors.ts';
import { event, runFlow } from '../../support/flow.ts';
import { moodyBroker, type Moods } from '../../support/moody-broker.ts';

/**
 * A metadata answer with partitions 0 and 5, and none between, made an array with holes: delivery threw on the first hole, 18
 * of 20 pushes were never told, `close` threw as well, and the process ended. Nothing in an answer may be trusted to be dense,
 * sorted, unique or sane.
 */
describe('metadata that makes no sense', { concurrency: true }, () => {
  for (const client of ['platformatic', 'kafkajs'] as const) {
    async function rig(t: TestContext, moods: Partial<Moods>) {
      const broker = await moodyBroker(t);
      Object.assign(broker.moods, moods);
      const flow = await runFlow({
        kafka: {
          client,
          topic: 'hits',
          brokers: [`127.0.0.1:${broker.port}`],
          key: 'data.id',
          deliveryTimeout: 3000,
          retry: { initialRetryTime: 10, maxRetryTime: 50, retries: 100 },
        },
      });
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, id) => flow.push(event({ data: { id } }))),
      );
      await flow.stop();
      return results.map(({ failed }) => (failed?.kafka?.error as KafkaError | undefined)?.code ?? 'stored');
    }

    function count(codes: readonly string[]): Record<string, number> {
      const counted: Record<string, number> = {};
      for (const code of codes) counted[code] = (counted[code] ?? 0) + 1;
      return counted;
    }

    // Java's partitioner over six partitions: seven of the twenty keys go to partition 0 or 5.
    it(`a gap: its partitions exist and have no leader, ${client}`, async (t) => {
      assert.deepEqual(count(await rig(t, { partitions: [0, 5] })), { stored: 7, DEADLINE_EXCEEDED: 13 });
    });

    it(`neither sorted nor unique, ${client}`, async (t) => {
      assert.deepEqual(count(await rig(t, { partitions: [2, 0, 1, 2, 0] })), { stored: 20 });
    });

    for (const partitions of [[0, 2_000_000_000], [0, -7], [2_147_483_647]])
      it(`partitions ${partitions.join(' and ')}: the answer is not believed, ${client}`, async (t) => {
        assert.deepEqual(count(await rig(t, { partitions })), { DEADLINE_EXCEEDED: 20 });
      });

    it(`the leader is no broker, ${client}`, async (t) => {
      assert.deepEqual(count(await rig(t, { leader: 77 })), { DEADLINE_EXCEEDED: 20 });
    });

    it(`brokers without a host, with ports that are none and with one node id: they are left out, ${client}`, async (t) => {
      const moreBrokers = [
        { nodeId: 2, host: '', port: 9092 },
        { nodeId: 3, host: '127.0.0.1', port: 0 },
        { nodeId: 4, host: '127.0.0.1', port: 70_000 },
        { nodeId: -5, host: '127.0.0.1', port: -1 },
      ];
      assert.deepEqual(count(await rig(t, { moreBrokers })), { stored: 20 });
      assert.deepEqual(count(await rig(t, { moreBrokers, leader: 4 })), { DEADLINE_EXCEEDED: 20 });
    });
  }
});
