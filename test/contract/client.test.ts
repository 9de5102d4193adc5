import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { systemClock } from '../../src/producer/ports.ts';
import { ProducerState } from '../../src/producer/producer-state.ts';
import type { Client, ClientOptions } from '../../src/transport/port.ts';
import { KafkaError } from '../../src/model/errors.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import { freshName } from '../support/broker.ts';
import { eventually } from '../support/eventually.ts';
import { oversize, record, batchOf } from './records.ts';
import { subjects } from './subjects.ts';

for (const subject of subjects) {
  describe(`client port: ${subject.name}`, () => {
    const open: Client[] = [];
    afterEach(() => Promise.all(open.splice(0).map((client) => client.close())));

    async function connected(options?: Partial<ClientOptions>): Promise<Client> {
      const client = await subject.client(options);
      open.push(client);
      await client.connect();
      return client;
    }

    async function ready(partitions: number, options?: Partial<ClientOptions>): Promise<[Client, string]> {
      const topic = await subject.topic(partitions);
      const client = await connected(options);
      await client.metadata(topic);
      return [client, topic];
    }

    /** A broker just started gives out no producer ids yet; this waits until it does, on another topic. */
    async function readyIdempotent(
      partitions: number,
      options?: Partial<ClientOptions>,
    ): Promise<[ProducerState, string, Client]> {
      const [client, topic] = await ready(partitions, options);
      const producer = new ProducerState(client, systemClock, { idempotent: true });
      const other = await subject.topic(1);
      await client.metadata(other);
      await eventually('a producer id is given out', async () => {
        const [outcome] = await producer.produce([batchOf(other, 0, 'a')]);
        return outcome?.kind === 'stored';
      });
      return [producer, topic, client];
    }

    describe('connect', () => {
      it('fails with BROKER_UNREACHABLE when nothing listens, and again when tried again', async () => {
        const client = await subject.strandedClient();
        open.push(client);
        await assert.rejects(client.connect(), {
          name: 'KafkaError',
          code: 'BROKER_UNREACHABLE',
          message: /ECONNREFUSED/,
        });
        await assert.rejects(client.connect(), { code: 'BROKER_UNREACHABLE' });
      });
    });

    describe('metadata', () => {
      it('tells the leader of each partition', async () => {
        const [client, topic] = await ready(3);
        const { leaders } = await client.metadata(topic);
        assert.equal(leaders.length, 3);
        assert.ok(leaders.every((leader) => leader > 0));
      });

      it('rejects with TOPIC_MISSING for a topic that does not exist, and does not create it', async () => {
        const client = await connected();
        const topic = freshName('missing');
        const missing = {
          code: 'TOPIC_MISSING',
          topic,
          kafkaCode: 'UNKNOWN_TOPIC_OR_PARTITION',
          message: new RegExp(topic),
        };
        await assert.rejects(client.metadata(topic), missing);
        await assert.rejects(client.metadata(topic), missing);
      });

      it('rejects with TOPIC_INVALID for names that no topic can have', async () => {
        const client = await connected();
        await assert.rejects(client.metadata('not a topic'), { code: 'TOPIC_INVALID', topic: 'not a topic' });
        await assert.rejects(client.metadata(''), { code: 'TOPIC_INVALID' });
      });

      it('creates a missing topic with autoCreateTopics, and waits until it has leaders', async () => {
        const client = await connected({ autoCreateTopics: true });
        const topic = freshName('created');
        const { leaders } = await client.metadata(topic);
        assert.ok(leaders.length > 0 && leaders.every((leader) => leader > 0));
        await eventually(
          'it is stored',
          async () => (await client.produce([batchOf(topic, 0, 'a')]))[0]?.kind === 'stored',
        );
      });
    });

    describe('produce', () => {
      it('stores key, value, headers and timestamp as they are, in the partition and order given', async () => {
        const [client, topic] = await ready(2);
        const headers = { 'content-type': 'application/json', empty: '', grüße: '世界' };
        const outcomes = await client.produce([
          {
            topic,
            partition: 1,
            records: [
              record(topic, '{"a":"ü"}', { key: Buffer.from('kéy'), headers, timestamp: 1_712_345_678_901 }),
              record(topic, '', { key: Buffer.alloc(0), timestamp: 1_712_345_678_900 }),
              record(topic, '', { key: null }),
              record(topic, '', { value: null }),
            ],
          },
          batchOf(topic, 0, 'other'),
        ]);
        assert.deepEqual(outcomes, [{ kind: 'stored' }, { kind: 'stored' }]);
        assert.deepEqual(await subject.read(topic, 5), [
          { partition: 0, offset: 0, key: 'key', value: 'other', headers: {}, timestamp: 1_700_000_000_123 },
          { partition: 1, offset: 0, key: 'kéy', value: '{"a":"ü"}', headers, timestamp: 1_712_345_678_901 },
          { partition: 1, offset: 1, key: '', value: '', headers: {}, timestamp: 1_712_345_678_900 },
          { partition: 1, offset: 2, key: null, value: '', headers: {}, timestamp: 1_700_000_000_123 },
          { partition: 1, offset: 3, key: 'key', value: null, headers: {}, timestamp: 1_700_000_000_123 },
        ]);
      });

      it('keeps times as they are, the oldest too', async () => {
        const [client, topic] = await ready(2);
        const times = [1_000_000_000_000, 999_999_999_999, 1_000_000_000_001];
        const outcomes = await client.produce([
          { topic, partition: 0, records: times.map((timestamp) => record(topic, 'a', { timestamp })) },
          { topic, partition: 1, records: [0, 1].map((timestamp) => record(topic, 'a', { timestamp })) },
        ]);
        assert.deepEqual(outcomes, [{ kind: 'stored' }, { kind: 'stored' }]);
        const written = await subject.read(topic, 5);
        assert.deepEqual(
          written.map(({ timestamp }) => timestamp),
          [1_000_000_000_000, 999_999_999_999, 1_000_000_000_001, 0, 1],
        );
      });

      it('writes every codec so that Java reads it', async () => {
        const topic = await subject.topic(5);
        for (const [partition, compression] of (
          ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
        ).entries()) {
          const client = await connected({ compression });
          await client.metadata(topic);
          const text = `${compression} `.repeat(2000);
          assert.deepEqual(await client.produce([batchOf(topic, partition, text, 'second')]), [
            { kind: 'stored' },
          ]);
        }
        const values = (await subject.read(topic, 10)).map(
          ({ value }) => `${value?.slice(0, 6)} ${value?.length}`,
        );
        assert.deepEqual(values, [
          ...['none n 10000', 'second 6', 'gzip g 10000', 'second 6', 'snappy 14000', 'second 6'],
          ...['lz4 lz 8000', 'second 6', 'zstd z 10000', 'second 6'],
        ]);
      });

      it('stores what it was told of early, and nothing that was dropped', async () => {
        for (const compression of ['gzip', 'zstd'] as const) {
          const [idempotent, topic, client] = await readyIdempotent(2, { compression });
          const producer = compression === 'gzip' ? client : idempotent;
          const text = 'ahead '.repeat(20_000);
          const next = [batchOf(topic, 0, text, 'second'), batchOf(topic, 1, text)];
          client.prepare?.([...next, batchOf(topic, 0, 'dropped')]);
          assert.deepEqual(kinds(await producer.produce([batchOf(topic, 0, 'first')])), ['stored']);
          assert.deepEqual(kinds(await producer.produce(next)), ['stored', 'stored']);
          const values = (await subject.read(topic, 4)).map(
            ({ partition, value }) => `${partition} ${value?.length}`,
          );
          assert.deepEqual(values, ['0 5', '0 120000', '0 6', '1 120000']);
        }
      });

      it('finds a batch too large without harm to its neighbours', async () => {
        const [client, topic] = await ready(3, { compression: 'none' });
        const outcomes = await client.produce([
          batchOf(topic, 0, 'a'),
          batchOf(topic, 1, oversize),
          batchOf(topic, 2, 'c'),
        ]);
        assert.deepEqual(kinds(outcomes), ['stored', 'splittable', 'stored']);
        const { code, topic: named, kafkaCode } = errorOf(outcomes[1]);
        assert.deepEqual(
          { code, named, kafkaCode },
          { code: 'RECORD_TOO_LARGE', named: topic, kafkaCode: 'MESSAGE_TOO_LARGE' },
        );
        assert.deepEqual(await subject.counts(topic), [1, 0, 1]);
      });

      it('finds a single record too large, and goes on with the next', async () => {
        const [client, topic] = await ready(1);
        assert.deepEqual(kinds(await client.produce([batchOf(topic, 0, oversize)])), ['splittable']);
        assert.deepEqual(kinds(await client.produce([batchOf(topic, 0, 'small')])), ['stored']);
      });

      it('asks for new metadata of a topic it does not know, and stores the others', async () => {
        const [client, topic] = await ready(1);
        const outcomes = await client.produce([batchOf('nowhere', 0, 'a'), batchOf(topic, 0, 'b')]);
        assert.deepEqual(kinds(outcomes), ['retriable', 'stored']);
        assertRefresh(outcomes[0], 'TOPIC_MISSING');
      });

      it('asks for new metadata when a partition does not exist', async () => {
        const [client, topic] = await ready(1);
        const outcomes = await client.produce([batchOf(topic, 1, 'a'), batchOf(topic, 0, 'b')]);
        assert.deepEqual(kinds(outcomes), ['retriable', 'stored']);
        assertRefresh(outcomes[0], 'BROKER_BUSY');
      });

      it('asks for new metadata when the topic was deleted meanwhile, and its metadata says so', async () => {
        const [client, topic] = await ready(1);
        const staying = await subject.topic(1);
        await client.metadata(staying);
        await subject.deleteTopic(topic);
        const outcomes = await client.produce([batchOf(topic, 0, 'a'), batchOf(staying, 0, 'b')]);
        assert.deepEqual(kinds(outcomes), ['retriable', 'stored']);
        assertRefresh(outcomes[0], 'TOPIC_MISSING');
        await assert.rejects(client.metadata(topic), { code: 'TOPIC_MISSING' });
        assert.deepEqual(kinds(await client.produce([batchOf(staying, 0, 'c')])), ['stored']);
      });

      for (const acks of [-1, 0, 1] as const) {
        it(`stores under acks ${acks}`, async () => {
          const [client, topic] = await ready(1, { acks });
          assert.deepEqual(await client.produce([batchOf(topic, 0, 'a', 'b')]), [{ kind: 'stored' }]);
          // Under acks 0 this follows on the same connection: the broker has read the first by then.
          assert.deepEqual(await client.produce([batchOf(topic, 0, 'c')]), [{ kind: 'stored' }]);
          const written = await subject.read(topic, 3);
          assert.deepEqual(
            written.map(({ value }) => value),
            ['a', 'b', 'c'],
          );
        });
      }

      it('stores once and in order when idempotent, on several partitions at once', async () => {
        const [producer, topic] = await readyIdempotent(2);
        for (const round of ['a', 'b', 'c']) {
          const outcomes = await Promise.all([
            producer.produce([batchOf(topic, 0, `${round}1`, `${round}2`)]),
            producer.produce([batchOf(topic, 1, `${round}3`)]),
          ]);
          assert.deepEqual(outcomes, [[{ kind: 'stored' }], [{ kind: 'stored' }]]);
        }
        const written = await subject.read(topic, 9);
        assert.deepEqual(
          written.map(({ value }) => value),
          ['a1', 'a2', 'b1', 'b2', 'c1', 'c2', 'a3', 'b3', 'c3'],
        );
      });

      it('goes on with a partition whose records were too large, when idempotent', async () => {
        const [producer, topic] = await readyIdempotent(1);
        const outcomes = [
          await producer.produce([batchOf(topic, 0, 'a')]),
          await producer.produce([batchOf(topic, 0, oversize)]),
          await producer.produce([batchOf(topic, 0, 'b', 'c')]),
        ].flat();
        assert.deepEqual(kinds(outcomes), ['stored', 'splittable', 'stored']);
        assert.deepEqual(await subject.counts(topic), [3]);
      });

      it('stores a batch once that comes again under its sequence, and refuses one out of its turn', async () => {
        const [, topic, client] = await readyIdempotent(1);
        const { producerId, producerEpoch } = await client.initProducerId();
        const numbered = (firstSequence: number, ...values: string[]) => ({
          ...batchOf(topic, 0, ...values),
          sequence: { producerId, producerEpoch, firstSequence },
        });
        const outcomes = [
          await client.produce([numbered(0, 'a', 'b')]),
          await client.produce([numbered(0, 'a', 'b')]),
          await client.produce([numbered(5, 'late')]),
          await client.produce([numbered(2, 'c')]),
          await client.produce([numbered(0, 'a', 'b')]),
        ].flat();
        assert.deepEqual(kinds(outcomes), ['stored', 'stored', 'retriable', 'stored', 'stored']);
        assert.equal(errorOf(outcomes[2]).kafkaCode, 'OUT_OF_ORDER_SEQUENCE_NUMBER');
        const written = await subject.read(topic, 3);
        assert.deepEqual(
          written.map(({ value }) => value),
          ['a', 'b', 'c'],
        );
      });

      it('gives each who asks a producer id of its own', async () => {
        const [, , client] = await readyIdempotent(1);
        const [first, second] = [await client.initProducerId(), await client.initProducerId()];
        assert.notEqual(first.producerId, second.producerId);
      });

      it('connects by itself', async () => {
        const topic = await subject.topic(1);
        const client = await subject.client();
        open.push(client);
        await client.metadata(topic);
        assert.deepEqual(await client.produce([batchOf(topic, 0, 'a')]), [{ kind: 'stored' }]);
      });

      it('is unreachable without a connection', async () => {
        const client = await subject.strandedClient();
        open.push(client);
        const outcomes = await client.produce([batchOf('any', 0, 'a'), batchOf('any', 1, 'b')]);
        assert.deepEqual(kinds(outcomes), ['unreachable', 'unreachable']);
        assert.equal(errorOf(outcomes[0]).code, 'BROKER_UNREACHABLE');
      });
    });

    describe('close', () => {
      it('is safe twice and before connect', async () => {
        const client = await subject.client();
        await Promise.all([client.close(), client.close()]);
        await client.close();
      });

      it('lets nothing through afterwards', async () => {
        const [client, topic] = await ready(1);
        await client.close();
        await assert.rejects(client.connect(), { code: 'DESTINATION_CLOSED' });
        await assert.rejects(client.metadata(topic), { code: 'DESTINATION_CLOSED' });
        await assert.rejects(client.initProducerId(), { code: 'DESTINATION_CLOSED' });
        const outcomes = await client.produce([batchOf(topic, 0, 'late')]);
        assert.deepEqual(kinds(outcomes), ['rejected']);
        assert.equal(errorOf(outcomes[0]).code, 'DESTINATION_CLOSED');
      });
    });
  });
}

function kinds(outcomes: readonly Outcome[]): string[] {
  return outcomes.map(({ kind }) => kind);
}

function errorOf(outcome: Outcome | undefined): KafkaError {
  assert.ok(outcome !== undefined && outcome.kind !== 'stored');
  assert.ok(outcome.error instanceof KafkaError);
  return outcome.error;
}

function assertRefresh(outcome: Outcome | undefined, code: string): void {
  assert.equal(errorOf(outcome).code, code);
  assert.ok(outcome?.kind === 'retriable');
  assert.deepEqual(
    { refresh: outcome.refresh, maybe: outcome.mayHaveBeenWritten },
    { refresh: true, maybe: false },
  );
}
