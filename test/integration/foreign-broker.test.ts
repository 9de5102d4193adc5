import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { confluentMissing } from '../support/confluent.ts';
import { startMockCluster, type MockCluster } from '../support/mock-cluster.ts';
import { isWell, storesAndShows } from '../support/every-use.ts';

const missing = await confluentMissing();

/** A broker that nobody here wrote judges our requests: what Kafka forgives, and our own stand-ins expect, it may not. */
describe("librdkafka's mock cluster", { skip: missing ?? false }, () => {
  let cluster: MockCluster;
  before(async () => {
    cluster = await startMockCluster();
  });
  after(() => cluster.stop());

  for (const client of ['platformatic', 'kafkajs'] as const) {
    for (const idempotent of [false, true]) {
      it(`${client}${idempotent ? ', idempotent' : ''}: stores each event once, and tail shows them`, async () => {
        const { brokers } = cluster;
        const topic = `foreign-${client}-${idempotent}`;
        await storesAndShows({ brokers, topic, client, idempotent, allowAutoTopicCreation: true });
        const records = await cluster.read(topic, 20);
        const told = records.map(({ key, value }) => {
          const { data } = JSON.parse(value) as { data: { n: number; key: string } };
          assert.equal(key, data.key);
          return data.n;
        });
        assert.deepEqual(
          told.sort((a, b) => a - b),
          Array.from({ length: 20 }, (_, n) => n),
        );
      });
    }
  }

  it('the doctor finds it well', async () => {
    await isWell(cluster.brokers, 'foreign-platformatic-false');
  });
});
