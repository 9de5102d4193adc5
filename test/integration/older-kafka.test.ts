import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  olderVersion,
  prepareOlder,
  startOlderKafka,
  type OlderKafka,
} from '../../scripts/older-kafka/cluster.ts';
import { createTopic } from '../../scripts/kafka/topics.ts';
import { isWell, resends, setsUp, storesAndShows } from '../support/every-use.ts';

const missing = await prepareOlder(olderVersion);

/** A cluster that nobody has upgraded for years, ZooKeeper and all: what we promise must hold there. */
describe(`Kafka ${olderVersion}`, { skip: missing ?? false, concurrency: true }, () => {
  let kafka: OlderKafka;
  before(async () => {
    kafka = await startOlderKafka({ version: olderVersion });
  });
  after(() => kafka.stop());

  for (const client of ['platformatic', 'kafkajs'] as const) {
    it(`${client}: setup, pushes, tail and the doctor work`, async () => {
      const { brokers } = kafka;
      const topic = await setsUp(brokers, client);
      await storesAndShows({ brokers, topic, client });
      const lines = await isWell(brokers, topic);
      assert.ok(
        lines.some((line) => line.includes(`"${topic}": 2 partitions`)),
        lines.join('\n'),
      );
    });

    for (const compression of ['snappy', 'lz4', 'zstd'] as const) {
      it(`${client}: an idempotent producer with ${compression}`, async () => {
        const topic = `${compression}-${client}`;
        await createTopic(kafka.brokers, topic, { partitions: 2 });
        await storesAndShows({ brokers: kafka.brokers, topic, client, compression, idempotent: true });
      });
    }
  }

  it('dead letters are re-sent, and remembered', async () => {
    await createTopic(kafka.brokers, 'refusing');
    await createTopic(kafka.brokers, 'dead');
    await resends(kafka.brokers, 'refusing', 'dead');
  });
});
