import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { createAdmin, createClient, createInspector } from '../../../src/transport/create.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import type { Outcome } from '../../../src/model/outcome.ts';
import { clientOptions } from '../../support/client-options.ts';
import { eventually } from '../../support/eventually.ts';
import { event, runFlow } from '../../support/flow.ts';
import { moodyBroker } from '../../support/moody-broker.ts';

const batch = {
  topic: 'hits',
  partition: 0,
  records: [{ topic: 'hits', key: Buffer.from('k'), value: Buffer.from('v'), headers: {}, timestamp: 0 }],
};

function told(outcome: Outcome | undefined): string {
  return outcome !== undefined && 'error' in outcome ? outcome.error.message : (outcome?.kind ?? 'nothing');
}

/**
 * Addresses outlive clusters: a new one was set up where a broker of the old one had been, the topic was there as well, and
 * 74 of 120 records lay in the wrong cluster, all of them acknowledged.
 */
describe('an address that now belongs to another cluster', { concurrency: true }, () => {
  for (const kind of ['platformatic', 'kafkajs'] as const) {
    async function rig(t: TestContext) {
      const [one, two] = await Promise.all([moodyBroker(t), moodyBroker(t)]);
      one.ports = two.ports = [one.port, two.port];
      one.moods.leader = two.moods.leader = 2;
      const options = { ...clientOptions, connectTimeout: 5000, brokers: [`127.0.0.1:${one.port}`] };
      const client = await createClient(kind, options);
      t.after(() => client.close());
      await client.metadata('hits');
      assert.deepEqual(await client.produce([batch]), [{ kind: 'stored' }]);
      return { one, two, client };
    }

    it(`of the leader alone: it gets nothing, and both ids are told, ${kind}`, async (t) => {
      const { two, client } = await rig(t);
      two.moods.clusterId = 'another';
      two.hangUp();
      const outcome = await eventually('the end of the connection is noticed', async () => {
        const [answer] = await client.produce([batch]);
        return answer?.kind === 'unreachable' && /another/.test(told(answer)) ? answer : undefined;
      });
      assert.equal(two.produced, 1);
      assert.equal(outcome.error.code, 'WRONG_CLUSTER');
      assert.equal(
        outcome.error.message,
        `The broker at 127.0.0.1:${two.port} belongs to cluster "another", and not to "cluster", which this process works ` +
          'with: it gets no records. If the move is meant, restart; otherwise give the address back to its cluster, or ' +
          'change settings.kafka.brokers.',
      );
    });

    it(`is used again once the old id answers, ${kind}`, async (t) => {
      const { two, client } = await rig(t);
      two.moods.clusterId = 'another';
      two.hangUp();
      await eventually('it is refused', async () => /another/.test(told((await client.produce([batch]))[0])));
      two.moods.clusterId = 'cluster';
      await eventually('it is taken', async () => told((await client.produce([batch]))[0]) === 'stored');
      assert.equal(two.produced, 2);
    });

    it(`a broker that tells no id is believed, ${kind}`, async (t) => {
      const { two, client } = await rig(t);
      two.moods.clusterId = null;
      two.hangUp();
      await eventually('it is taken', async () => told((await client.produce([batch]))[0]) === 'stored');
    });

    it(`setup creates nothing there, ${kind}`, async (t) => {
      const { one, two } = await rig(t);
      two.moods.clusterId = 'another';
      const brokers = [`127.0.0.1:${one.port}`];
      const admin = await createAdmin(kind, { ...clientOptions, connectTimeout: 5000, brokers });
      t.after(() => admin.close());
      await admin.describeTopic('hits');
      one.moods.clusterId = 'another';
      one.hangUp();
      two.hangUp();
      await eventually('it is refused', () =>
        assert
          .rejects(admin.describeTopic('hits'), { name: 'KafkaError', code: 'WRONG_CLUSTER' })
          .then(() => true),
      );
    });

    it(`the operator reads both ids in the log, and pushes are told, ${kind}`, async (t) => {
      const broker = await moodyBroker(t);
      const flow = await runFlow({
        kafka: {
          client: kind,
          topic: 'hits',
          brokers: [`127.0.0.1:${broker.port}`],
          connectionTimeout: 500,
          deliveryTimeout: 2000,
          retry: { initialRetryTime: 20, maxRetryTime: 100, retries: 100 },
        },
      });
      assert.equal((await flow.push(event())).failed?.kafka, undefined);
      broker.moods.clusterId = 'another';
      broker.hangUp();
      const { failed } = await flow.push(event());
      await flow.stop();
      assert.ok(failed?.kafka?.error instanceof KafkaError);
      assert.match(failed.kafka.error.message, /belongs to cluster "another", and not to "cluster"/);
      assert.match(
        flow.log.join('\n'),
        /^(ERROR|WARN) .*belongs to cluster "another", and not to "cluster"/m,
      );
      assert.equal(broker.produced, 1);
    });
  }

  it('brokers of the settings from two clusters: doctor tells', async (t) => {
    const [one, two] = await Promise.all([moodyBroker(t), moodyBroker(t)]);
    two.moods.clusterId = 'another';
    const brokers = [one, two].map(({ port }) => `127.0.0.1:${port}`);
    const inspector = await createInspector({ ...clientOptions, connectTimeout: 5000, brokers });
    t.after(() => inspector.close());
    await inspector.reach(brokers[0] ?? '');
    await assert.rejects(inspector.reach(brokers[1] ?? ''), { code: 'WRONG_CLUSTER' });
  });
});
