import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { after, afterEach, describe, it } from 'node:test';
import { systemClock } from '../../src/producer/ports.ts';
import { ProducerState } from '../../src/producer/producer-state.ts';
import type { Client, ClientOptions } from '../../src/transport/port.ts';
import { Secret } from '../../src/model/secret.ts';
import { sharedBroker } from '../support/broker.ts';
import { eventually } from '../support/eventually.ts';
import { meddle } from './meddler.ts';
import { batchOf } from './records.ts';
import { networked } from './subjects.ts';

/** What the network can do to a client: nobody answers, somebody else answers, or the answer gets lost. */
for (const subject of networked) {
  describe(`client on a bad network: ${subject.name}`, () => {
    const open: Client[] = [];
    afterEach(() => Promise.all(open.splice(0).map((client) => client.close())));

    async function create(options: Partial<ClientOptions>): Promise<Client> {
      const client = await subject.client(options);
      open.push(client);
      return client;
    }

    async function behindMeddler(options: Partial<ClientOptions> = {}) {
      const [broker = ''] = (await sharedBroker()).brokers;
      const meddler = await meddle(broker);
      const topic = await subject.topic(1);
      const client = await create({ brokers: [meddler.address], requestTimeout: 500, ...options });
      await client.metadata(topic);
      await eventually('the first record is stored', async () => {
        const [outcome] = await client.produce([batchOf(topic, 0, 'before')]);
        return outcome?.kind === 'stored';
      });
      return { meddler, topic, client };
    }

    /** A broker just started gives out no producer ids yet. */
    async function idempotent(client: Client, topic: string): Promise<ProducerState> {
      const producer = new ProducerState(client, systemClock, { idempotent: true });
      await eventually('a numbered record is stored', async () => {
        const [outcome] = await producer.produce([batchOf(topic, 0, 'numbered')]);
        return outcome?.kind === 'stored';
      });
      return producer;
    }

    it('says that a host name is unknown', async () => {
      const client = await create({ brokers: ['kafka.invalid:9092'] });
      await assert.rejects(client.connect(), {
        code: 'BROKER_UNREACHABLE',
        message:
          /^Cannot reach Kafka at kafka\.invalid:9092: getaddrinfo \w+ kafka\.invalid\. The host name is unknown/,
      });
    });

    it('says that a broker does not speak TLS', async () => {
      const client = await create({ tls: new Secret({}) });
      await assert.rejects(client.connect(), {
        code: 'TLS_FAILED',
        message: /does not speak TLS on this port: remove settings\.kafka\.ssl or use the TLS port\.$/,
      });
    });

    it('asks the next broker when the first accepts and says nothing', async () => {
      const silent = createServer();
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      after(() => silent.close());
      const { port } = silent.address() as AddressInfo;
      const { brokers } = await sharedBroker();
      const client = await create({ brokers: [`127.0.0.1:${port}`, '127.0.0.1:1', ...brokers] });
      const started = performance.now();
      await client.connect();
      assert.ok(performance.now() - started < 8_000, 'not the ten seconds of requestTimeout');
    });

    it('makes one connection for concurrent callers', async () => {
      const [broker = ''] = (await sharedBroker()).brokers;
      const meddler = await meddle(broker);
      const topic = await subject.topic(1);
      const client = await create({ brokers: [meddler.address] });
      await Promise.all([
        client.connect(),
        client.connect(),
        client.connect(),
        client.metadata(topic),
        client.metadata(topic),
      ]);
      assert.equal(meddler.opened, 1);
    });

    it('leaves no connection open after close', async () => {
      const { meddler, client } = await behindMeddler();
      assert.equal(meddler.open, 2, 'one for questions, one for records');
      await client.close();
      await eventually('no connection is left', () => meddler.open === 0);
    });

    // The question that closing cut off was put to the next broker, on a socket that nobody closed any more.
    it('opens no connection after close, also for a question that was out', async () => {
      const [silent, next] = [createServer(), createServer()];
      const came = { silent: 0, next: 0 };
      silent.on('connection', () => came.silent++);
      next.on('connection', () => came.next++);
      const ports = await Promise.all(
        [silent, next].map(async (server) => {
          await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
          after(() => server.close());
          return (server.address() as AddressInfo).port;
        }),
      );
      const client = await create({ brokers: ports.map((port) => `127.0.0.1:${port}`) });
      const asked = assert.rejects(client.connect(), { code: 'DESTINATION_CLOSED' });
      await eventually('the first is asked', () => came.silent > 0);
      await client.close();
      await asked;
      await new Promise((resolve) => setTimeout(resolve, 200));
      assert.deepEqual(came, { silent: 1, next: 0 });
    });

    it('does not wait for an answer when it is closed', async () => {
      const { meddler, topic, client } = await behindMeddler({ requestTimeout: 10_000 });
      meddler.meddling = 'swallow';
      const producing = client.produce([batchOf(topic, 0, 'a')]);
      await eventually('the record has arrived', async () => (await subject.counts(topic))[0] === 2);
      const started = performance.now();
      await client.close();
      const [outcome] = await producing;
      assert.ok(performance.now() - started < 5_000);
      assert.equal(outcome?.kind, 'unknown');
    });

    for (const meddling of ['swallow', 'reset'] as const) {
      it(`does not know what became of records whose answer was lost: ${meddling}`, async () => {
        const { meddler, topic, client } = await behindMeddler();
        meddler.meddling = meddling;
        const [outcome] = await client.produce([batchOf(topic, 0, 'a')]);
        assert.ok(outcome?.kind === 'unknown');
        assert.equal(outcome.error.code, 'REQUEST_FAILED');
        assert.equal(outcome.error.mayHaveBeenWritten, true);
        assert.deepEqual(await subject.counts(topic), [2], 'it was stored all the same');

        meddler.meddling = 'none';
        assert.deepEqual(await client.produce([batchOf(topic, 0, 'b')]), [{ kind: 'stored' }]);
      });

      it(`stores once when idempotent, though the answer was lost: ${meddling}`, async () => {
        const { meddler, topic, client } = await behindMeddler({ requestTimeout: 1000 });
        const producer = await idempotent(client, topic);
        meddler.meddling = meddling;
        const unsure = batchOf(topic, 0, 'a', 'b');
        const [outcome] = await producer.produce([unsure]);
        assert.ok(outcome?.kind === 'unknown' && outcome.unchanged);
        assert.deepEqual(await subject.counts(topic), [4], 'it was stored all the same');
        meddler.meddling = 'none';
        assert.deepEqual(await producer.produce([unsure]), [{ kind: 'stored' }]);
        assert.deepEqual(await producer.produce([batchOf(topic, 0, 'c', 'd')]), [{ kind: 'stored' }]);
        assert.deepEqual(await subject.counts(topic), [6]);
      });
    }

    it('is unreachable when the leader has gone, and comes back with it', async () => {
      const { meddler, topic, client } = await behindMeddler();
      meddler.close();
      await eventually('the connections are gone', () => meddler.open === 0);
      const [outcome] = await client.produce([batchOf(topic, 0, 'a')]);
      // The first to try may be the one that notices.
      assert.ok(outcome?.kind === 'unreachable' || outcome?.kind === 'unknown');
      const [next] = await client.produce([batchOf(topic, 0, 'a')]);
      assert.ok(next?.kind === 'unreachable');
      assert.match(next.error.message, /^Cannot reach Kafka at 127\.0\.0\.1:\d+: connect ECONNREFUSED/);
      await assert.rejects(client.metadata(topic), { code: 'BROKER_UNREACHABLE' });
    });
  });
}
