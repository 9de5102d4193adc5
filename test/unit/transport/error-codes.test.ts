import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { systemClock } from '../../../src/producer/ports.ts';
import { ProducerState } from '../../../src/producer/producer-state.ts';
import { createAdmin, createClient, createReader } from '../../../src/transport/create.ts';
import type { ClientOptions } from '../../../src/transport/port.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import { Secret } from '../../../src/model/secret.ts';
import { answeringBroker, type AnsweringBroker } from '../../support/answering-broker.ts';
import { clientOptions } from '../../support/client-options.ts';

const kinds = ['platformatic', 'kafkajs'] as const;
const spec = { name: 'hits', numPartitions: 3, replicationFactor: 1, configEntries: {} };

function optionsOf({ port }: AnsweringBroker): ClientOptions {
  return { ...clientOptions, connectTimeout: 5000, requestTimeout: 5000, brokers: [`127.0.0.1:${port}`] };
}

async function told(work: Promise<unknown>): Promise<readonly (string | undefined)[]> {
  const failure: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(failure instanceof KafkaError, String(failure));
  return [failure.code, failure.kafkaCode, failure.message];
}

/**
 * A code that a produce request never gets was called "refuses these records: error 69", whatever was asked: also where
 * nothing was sent, by setup, `tail`, `dead-letters` and `doctor`.
 */
describe('an answer with a code that its request never gets', { concurrency: true }, () => {
  for (const kind of kinds) {
    async function admin(t: TestContext, key: number, code: number) {
      const broker = await answeringBroker(t);
      broker.codes = { [key]: () => code };
      const opened = await createAdmin(kind, optionsOf(broker));
      t.after(() => opened.close());
      return opened;
    }

    it(`creating a topic, ${kind}`, async (t) => {
      const topics = await admin(t, 19, 69);
      assert.deepEqual(await told(topics.createTopic(spec, { validateOnly: false })), [
        'TOPIC_REFUSED',
        'GROUP_ID_NOT_FOUND',
        'Kafka topic "hits": the broker refuses to create it: GROUP_ID_NOT_FOUND.',
      ]);
    });

    it(`a topic's configuration, ${kind}`, async (t) => {
      const topics = await admin(t, 32, 69);
      assert.deepEqual(await told(topics.topicConfig('hits')), [
        'REQUEST_FAILED',
        'GROUP_ID_NOT_FOUND',
        'Topic "hits": the broker refuses a request for its configuration: GROUP_ID_NOT_FOUND.',
      ]);
    });

    it(`a topic's metadata, ${kind}`, async (t) => {
      const topics = await admin(t, 3, 68);
      assert.deepEqual(await told(topics.describeTopic('hits')), [
        'REQUEST_FAILED',
        'NON_EMPTY_GROUP',
        'Topic "hits": the broker refuses a request for its metadata: NON_EMPTY_GROUP.',
      ]);
    });

    it(`a code that passes, ${kind}`, async (t) => {
      const topics = await admin(t, 32, 14);
      assert.deepEqual(await told(topics.topicConfig('hits')), [
        'BROKER_BUSY',
        'COORDINATOR_LOAD_IN_PROGRESS',
        'Topic "hits": the broker answered COORDINATOR_LOAD_IN_PROGRESS to a request for its configuration and asks to try ' +
          "again. If this lasts, check the cluster's health.",
      ]);
    });

    /** @platformatic/kafka fails at its own list of codes: "Cannot destructure property 'id' of 'protocolErrors[…". */
    it(`a code that Kafka does not have yet, ${kind}`, async (t) => {
      const topics = await admin(t, 19, 9999);
      const [, , message = ''] = await told(topics.createTopic(spec, { validateOnly: false }));
      assert.match(
        message,
        kind === 'kafkajs'
          ? /^Kafka topic "hits": the broker refuses to create it: error 9999\.$/
          : /^Cannot reach Kafka at [\d.:]+: it answered with an error code that this client does not know\. /,
      );
    });

    it(`records, ${kind}`, async (t) => {
      const broker = await answeringBroker(t);
      broker.codes = { 0: () => 69 };
      const client = await createClient(kind, optionsOf(broker));
      t.after(() => client.close());
      assert.deepEqual(await refusal(client), [
        'RECORD_REJECTED',
        'GROUP_ID_NOT_FOUND',
        'Topic "hits": the broker refuses these records: GROUP_ID_NOT_FOUND.',
      ]);
    });

    it(`a producer id, ${kind}`, async (t) => {
      const broker = await answeringBroker(t);
      broker.codes = { 22: () => 69 };
      const client = await createClient(kind, optionsOf(broker));
      t.after(() => client.close());
      assert.deepEqual(await refusal(client, new ProducerState(client, systemClock, { idempotent: true })), [
        'REQUEST_FAILED',
        'GROUP_ID_NOT_FOUND',
        'Topic "hits": the broker refuses a request for a producer id: GROUP_ID_NOT_FOUND.',
      ]);
    });

    for (const [what, key] of [
      ['the mechanism', 17],
      ['the login', 36],
    ] as const) {
      async function refused(t: TestContext, code: number) {
        const broker = await answeringBroker(t);
        broker.codes = { [key]: () => code };
        const sasl = { mechanism: 'plain', username: 'u', password: new Secret('p') } as const;
        const client = await createClient(kind, { ...optionsOf(broker), sasl });
        t.after(() => client.close());
        const [kept, , message = ''] = await told(client.connect());
        return { code: kept, message };
      }

      it(`${what} of SASL, ${kind}`, async (t) => {
        assert.match((await refused(t, 69)).message, /: GROUP_ID_NOT_FOUND\. /);
      });

      it(`${what} of SASL, a code that Kafka does not have yet, ${kind}`, async (t) => {
        const { message } = await refused(t, 9999);
        assert.match(message, /: it answered with an error code that this client does not know\. /);
      });

      /** It was called a refusal of the login, after which pushes fail at once: a broker in trouble refuses nobody. */
      it(`${what} of SASL, a code that passes, ${kind}`, async (t) => {
        const { code, message } = await refused(t, -1);
        assert.equal(code, 'BROKER_UNREACHABLE');
        assert.match(message, /: UNKNOWN_SERVER_ERROR\. /);
      });
    }
  }

  for (const [what, key, message, use] of [
    ['reading', 1, 'a request to read it', 'read'],
    ['offsets', 2, 'a request for its offsets', 'offsets'],
    ['committing offsets', 8, 'a request to commit offsets of consumer group "readers"', 'keep'],
    ['committed offsets', 9, 'a request for the committed offsets of consumer group "readers"', 'find'],
    ['the coordinator', 10, 'a request for the coordinator of consumer group "readers"', 'find'],
  ] as const)
    it(what, async (t) => {
      const broker = await answeringBroker(t);
      broker.codes = { [key]: () => 69 };
      const { reader, offsetStore } = await createReader(optionsOf(broker));
      t.after(() => reader.close());
      const uses = {
        read: () => reader.read('hits', new Map([[0, 0n]]), {}).next(),
        offsets: () => reader.offsets('hits', 'end'),
        keep: () => offsetStore.commit('readers', 'hits', new Map([[0, { offset: 1n, note: '' }]])),
        find: () => offsetStore.fetch('readers', 'hits', [0]),
      };
      assert.deepEqual(await told(uses[use]()), [
        'REQUEST_FAILED',
        'GROUP_ID_NOT_FOUND',
        `Topic "hits": the broker refuses ${message}: GROUP_ID_NOT_FOUND.`,
      ]);
    });
});

async function refusal(
  client: Awaited<ReturnType<typeof createClient>>,
  producer: Pick<ProducerState, 'produce'> = client,
) {
  await client.metadata('hits');
  const record = { topic: 'hits', key: Buffer.from('k'), value: Buffer.from('v'), headers: {}, timestamp: 1 };
  const [outcome] = await producer.produce([{ topic: 'hits', partition: 0, records: [record] }]);
  assert.ok(outcome?.kind === 'rejected');
  const { code, kafkaCode, message } = outcome.error;
  return [code, kafkaCode, message];
}

describe('the controller that creates topics', { concurrency: true }, () => {
  for (const kind of kinds) {
    /** A controller that was replaced a moment ago answers NOT_CONTROLLER: setup called it a refusal of records, and failed. */
    it(`is asked for again where it has been replaced, ${kind}`, async (t) => {
      const [old, young] = [await answeringBroker(t), await answeringBroker(t)];
      old.ports = young.ports = [old.port, young.port];
      young.controller = 2;
      old.codes = {
        19: () => {
          old.controller = 2;
          return 41;
        },
      };
      const admin = await createAdmin(kind, optionsOf(old));
      t.after(() => admin.close());
      assert.equal(await admin.createTopic(spec, { validateOnly: false }), true);
      assert.deepEqual(
        [old, young].map(({ asked }) => asked.filter((key) => key === 19).length),
        [1, 1],
      );
    });

    it(`is told as the reason where none takes over, ${kind}`, async (t) => {
      const broker = await answeringBroker(t);
      broker.codes = { 19: () => 41 };
      const admin = await createAdmin(kind, optionsOf(broker));
      t.after(() => admin.close());
      assert.deepEqual(await told(admin.createTopic(spec, { validateOnly: false })), [
        'BROKER_BUSY',
        'NOT_CONTROLLER',
        'Topic "hits": the broker answered NOT_CONTROLLER to a request to create it and asks to try again. If this lasts, ' +
          "check the cluster's health.",
      ]);
      assert.ok(broker.asked.filter((key) => key === 19).length > 1);
    });

    /** librdkafka's mock cluster names a controller that is none of its brokers, and every broker of it creates topics. */
    it(`is any broker where the cluster names none of them, ${kind}`, async (t) => {
      const broker = await answeringBroker(t);
      broker.controller = -1;
      const admin = await createAdmin(kind, optionsOf(broker));
      t.after(() => admin.close());
      assert.equal(await admin.createTopic(spec, { validateOnly: false }), true);
    });
  }
});
