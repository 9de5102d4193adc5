import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KafkaClient } from '../../../src/transport/client.ts';
import type { Codec } from '../../../src/protocol/codecs.ts';
import type { Connection, Transport } from '../../../src/transport/connection.ts';
import type { MetadataAnswer } from '../../../src/transport/metadata.ts';
import { clientOptions as options } from '../../support/client-options.ts';
import { openConnection, unused } from './open-connection.ts';

const record = { topic: 't', key: Buffer.from('k'), value: Buffer.from('v'), headers: {}, timestamp: 0 };
const batch = { topic: 't', partition: 0, records: [record, record] };

/** One broker, whose words about topics are the test's. */
function rig(metadata: Connection['metadata'], produce: Connection['produce'], codec: Codec = { number: 0 }) {
  const connection = openConnection({ metadata, produce });
  const transport: Transport = { open: () => Promise.resolve(connection), close: () => Promise.resolve() };
  return new KafkaClient(transport, options, codec);
}

const led: MetadataAnswer = {
  brokers: [{ nodeId: 1, host: 'b1', port: 9092 }],
  code: 0,
  partitions: [{ partition: 0, leader: 1, replicas: 1, inSync: 1 }],
  clusterId: undefined,
  controller: 1,
};

describe('KafkaClient', () => {
  // A codec fails where memory is short. That says nothing about the broker: it must not look like a lost answer, after
  // which the records count as perhaps written, and the connection as perhaps broken.
  it('sends nothing, and asks for smaller batches, when records cannot be encoded', async () => {
    let produced = 0;
    const compress = (): Promise<Buffer> => Promise.reject(new Error('Cannot allocate memory'));
    const client = rig(
      () => Promise.resolve(led),
      () => Promise.resolve(void (produced += 1)),
      {
        number: 1,
        compress,
      },
    );
    await client.metadata('t');
    const [outcome] = await client.produce([batch]);
    assert.ok(outcome?.kind === 'splittable');
    assert.equal(outcome.error.code, 'RECORD_REJECTED');
    assert.match(
      outcome.error.message,
      /"t": these records could not be encoded: Cannot allocate memory\. .*compression/,
    );
    assert.equal(outcome.error.mayHaveBeenWritten, false);
    assert.equal(produced, 0);
  });

  // A client that replaced a stuck one took every topic for missing: operators read that their topic did not exist, and
  // its records used up their tries.
  it('asks for a topic that it was never asked about', async () => {
    const client = rig(
      () => Promise.resolve(led),
      () => Promise.resolve(new Map([['t:0', { code: 0 }]])),
    );
    assert.deepEqual(await client.produce([batch]), [{ kind: 'stored' }]);
  });

  it('says that the brokers are away when none tells about a topic', async () => {
    const client = rig(() => Promise.reject(new Error('connect ECONNREFUSED')), unused);
    const [outcome] = await client.produce([batch]);
    assert.ok(outcome?.kind === 'unreachable');
    assert.equal(outcome.error.code, 'BROKER_UNREACHABLE');
  });

  it("does not take the topic's trouble for its absence", async () => {
    const client = rig(() => Promise.resolve({ ...led, code: 5 }), unused);
    await assert.rejects(client.metadata('t'), { kafkaCode: 'LEADER_NOT_AVAILABLE' });
    const [outcome] = await client.produce([batch]);
    assert.ok(outcome?.kind === 'retriable');
    assert.equal(outcome.error.kafkaCode, 'LEADER_NOT_AVAILABLE');
  });

  it('knows a topic that is missing', async () => {
    const client = rig(() => Promise.resolve({ ...led, code: 3, partitions: [] }), unused);
    const [outcome] = await client.produce([batch]);
    assert.ok(outcome?.kind === 'retriable');
    assert.equal(outcome.error.code, 'TOPIC_MISSING');
  });

  // The leader hung up between the look at its connection and the request.
  it('asks about a leader whose connection was lost unseen, with acks 0', async () => {
    let questions = 0;
    const metadata = () => Promise.resolve(void (questions += 1)).then(() => led);
    const produce = () => Promise.resolve(undefined);
    const connections = [openConnection({ metadata, produce }), openConnection({ metadata, produce })];
    const [first = unused(), second = unused()] = connections;
    let opened = 0;
    const open: Transport['open'] = (_broker, purpose) =>
      Promise.resolve(purpose === 'ask' || ++opened === 1 ? first : second);
    const client = new KafkaClient(
      { open, close: () => Promise.resolve() },
      { ...options, acks: 0 },
      { number: 0 },
    );
    await client.metadata('t');
    await client.produce([batch]);
    await client.produce([batch]);
    assert.equal(questions, 1);
    await client.produce([batch]);
    assert.equal(questions, 2);
    await client.produce([batch]);
    assert.equal(questions, 2);
  });
});

// A leader was frozen: its connection stayed open, and what the request carried waited for its time-out of 18 s although
// another broker led the partition after nine.
describe('a request that is out to a leader of the past', { concurrency: true }, () => {
  const brokers = [1, 2].map((nodeId) => ({ nodeId, host: `b${nodeId}`, port: 9092 }));
  const both = [batch, { ...batch, partition: 1 }];

  /** Broker 1 leads both partitions, and is frozen: a produce request to it is out. */
  async function frozen() {
    const state = { answer: answerOf([1, 2], [1, 1]), destroyed: 0 };
    const connection = openConnection({
      metadata: () => Promise.resolve(state.answer),
      produce: () => new Promise(() => undefined),
      destroy: () => Promise.resolve(void (state.destroyed += 1)),
    });
    const transport: Transport = { open: () => Promise.resolve(connection), close: () => Promise.resolve() };
    const client = new KafkaClient(transport, options, { number: 0 });
    await client.metadata('t');
    const since = performance.now();
    const request = {
      outcomes: undefined as Awaited<ReturnType<typeof client.produce>> | undefined,
      took: 0,
    };
    void client.produce(both).then((outcomes) => {
      Object.assign(request, { outcomes, took: performance.now() - since });
    });
    const askFor = async (ms: number): Promise<void> => {
      while (request.outcomes === undefined && performance.now() - since < ms) {
        await client.metadata('t');
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    return { state, request, askFor };
  }

  function answerOf(listed: readonly number[], leaders: readonly number[]): MetadataAnswer {
    const partitions = leaders.map((leader, partition) => ({ partition, leader, replicas: 2, inSync: 2 }));
    return { ...led, brokers: brokers.filter(({ nodeId }) => listed.includes(nodeId)), partitions };
  }

  it('is given up once others lead all that it carries; its fate is unknown, and its connection ends', async () => {
    const { state, request, askFor } = await frozen();
    state.answer = answerOf([1, 2], [2, 2]);
    await askFor(60_000);
    assert.ok(request.took >= 1_000, `after ${request.took} ms`);
    assert.deepEqual(
      request.outcomes?.map((outcome) => [outcome.kind, 'error' in outcome && outcome.error.message]),
      Array(2).fill([
        'unknown',
        'The broker b1:9092 did not answer a produce request (other brokers lead its partitions now): its records may be stored or not.',
      ]),
    );
    assert.equal(state.destroyed, 1);
  });

  it('is given up once the cluster names its broker no more, though a partition has no other leader', async () => {
    const { state, request, askFor } = await frozen();
    state.answer = answerOf([2], [2, -1]);
    await askFor(60_000);
    const [outcome] = request.outcomes ?? [];
    assert.ok(outcome?.kind === 'unknown');
    assert.match(outcome.error.message, /the cluster no longer lists it/);
    assert.equal(state.destroyed, 1);
  });

  // The answer about the other partition waits for followers: to send that one again would store it twice.
  it('goes on while its broker leads part of it', async () => {
    const { state, request, askFor } = await frozen();
    state.answer = answerOf([1, 2], [2, 1]);
    await askFor(1_500);
    assert.deepEqual([request.outcomes, state.destroyed], [undefined, 0]);
  });
});

// A connection that failed every request at once was used for as long as the process lived, though the broker was back.
describe('a request that is not answered', () => {
  it('ends its connection, so that the next one has another', async () => {
    const state = { destroyed: 0 };
    const connection = openConnection({
      metadata: () => Promise.resolve(led),
      produce: () => Promise.reject(new Error('Connection closed')),
      destroy: () => Promise.resolve(void (state.destroyed += 1)),
    });
    const transport: Transport = { open: () => Promise.resolve(connection), close: () => Promise.resolve() };
    const client = new KafkaClient(transport, options, { number: 0 });
    const [outcome] = await client.produce([batch]);
    assert.deepEqual([outcome?.kind, state.destroyed], ['unknown', 1]);
  });
});
