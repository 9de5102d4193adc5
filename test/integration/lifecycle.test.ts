import assert from 'node:assert/strict';
import { startFlow } from '@walkeros/collector';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { freePorts } from '../../scripts/kafka/ports.ts';
import { destinationKafka } from '../../src/index.ts';
import { freshName } from '../support/broker.ts';
import { eventually } from '../support/eventually.ts';
import { event, runFlow } from '../support/flow.ts';
import { failureOf } from '../support/load.ts';
import { proxiedKafka } from '../support/proxied-kafka.ts';
import { readBack } from '../support/reader.ts';

/** One broker whose network the tests own: what connects to it is counted at its socket. */
const { proxy, kafka, topicOf } = await proxiedKafka();

const run = promisify(execFile);

for (const client of ['platformatic', 'kafkajs'] as const) {
  describe(`life cycle with ${client}`, () => {
    const settings = (topic: string, more: object = {}) => ({
      kafka: { brokers: [proxy.address], topic, client, ...more },
    });

    it('50 concurrent first pushes open one producer, and destroy leaves no connection', async () => {
      const topic = await topicOf('first');
      const before = proxy.connections;
      const alone = await runFlow(settings(topic));
      await alone.push(event());
      const forOne = proxy.connections - before;
      await alone.stop();

      const beforeMany = proxy.connections;
      const flow = await runFlow(settings(topic));
      const results = await Promise.all(Array.from({ length: 50 }, () => flow.push(event())));
      const forFifty = proxy.connections - beforeMany;
      assert.ok(results.every(({ ok }) => ok));
      assert.deepEqual({ forOne, forFifty }, { forOne: connections, forFifty: connections });

      await flow.stop();
      await eventually('every connection is closed', () => proxy.openConnections === 0);
      assert.equal((await readBack(kafka.direct, topic, { count: 51 })).length, 51);
    });

    // The first event of a flow waited for half a second while the library was loaded, and for two connections.
    it('connects with the start of the flow, which does not wait for it, and the first event opens nothing', async () => {
      const topic = await topicOf('ahead');
      const before = proxy.connections;
      const held = await startFlow({
        destinations: { kafka: { code: destinationKafka, config: { settings: settings(topic) } } },
        // As `walkeros push --simulate source.<id>` has it.
        hooks: { prePush: () => Promise.resolve({ ok: true }) },
      });
      const flow = await runFlow(settings(topic));
      const opened = () => proxy.connections - before;
      assert.equal(opened(), 0);
      await eventually('it is connected', () => opened() >= connections);
      await flow.push(event());
      assert.equal(opened(), connections, 'a flow that keeps its events back connects nowhere');
      await flow.stop();
      await held.collector.command('shutdown');
    });

    it('a process with a flow ends by itself, and connected nothing keeps it', async () => {
      const topic = await topicOf('ends');
      const [nobody = 0] = await freePorts(1);
      const flows = [
        { brokers: [proxy.address], pushes: 0 },
        { brokers: [proxy.address], pushes: 1 },
        { brokers: [`127.0.0.1:${nobody}`], pushes: 0 },
      ];
      const ends = flows.map(async ({ brokers, pushes }) => {
        const task = JSON.stringify({ settings: { kafka: { ...settings(topic).kafka, brokers } }, pushes });
        const program = join(import.meta.dirname, 'flow-process.ts');
        return run(process.execPath, [program, task], { timeout: 60_000 });
      });
      for (const { stdout } of await Promise.all(ends)) assert.equal(stdout, 'connected, or not\n');
      assert.equal((await readBack(kafka.direct, topic, { count: 1 })).length, 1);
    });

    it('destroy sends what is in flight before it closes, in under five seconds', async () => {
      const topic = await topicOf('flush');
      const flow = await runFlow(settings(topic));
      await flow.push(event());
      const pushes = Array.from({ length: 2_000 }, () => flow.push(event()));
      const begin = performance.now();
      const [results] = await Promise.all([Promise.all(pushes), flow.stop()]);
      assert.ok(performance.now() - begin < 5_000);
      const accepted = results.filter(({ ok }) => ok).length;
      const stored = (await readBack(kafka.direct, topic, { count: accepted + 1 })).length;
      assert.equal(stored, accepted + 1);
      const refused = new Set(results.filter(({ ok }) => !ok).map(failureOf));
      refused.delete(`Kafka topic "${topic}": the destination is closed, the record was not sent.`);
      assert.deepEqual([...refused], []);
    });

    it('destroy is safe twice, without init, and before pushes that come too late', async () => {
      const topic = await topicOf('late');
      const config = { settings: settings(topic) };
      const context = { id: 'kafka', env: {}, logger: silent, config };
      await destinationKafka.destroy?.(context);

      const flow = await runFlow(config.settings);
      await flow.push(event());
      await flow.stop();
      await flow.stop();
      const late = await flow.push(event());
      assert.equal(
        failureOf(late),
        `Kafka topic "${topic}": the destination is closed, the record was not sent.`,
      );

      const again = await runFlow(config.settings);
      assert.ok((await again.push(event())).ok, 'the same settings object serves a new flow');
      await again.stop();
      assert.equal((await readBack(kafka.direct, topic, { count: 2 })).length, 2);
    });

    it('a broker that is down at the start is a warning, and pushes wait for it', async () => {
      const topic = await topicOf('down');
      proxy.refuse();
      const flow = await runFlow(settings(topic));
      const warning = await eventually('the warning is logged before an event comes', () =>
        flow.log.find((line) => line.startsWith('WARN')),
      );
      const push = flow.push(event());
      assert.match(
        warning,
        new RegExp(
          `^WARN Cannot reach Kafka at ${proxy.address}: .*ECONNREFUSED.* Pushes wait for it until their deadline.$`,
        ),
      );
      await proxy.accept();
      assert.ok((await push).ok, flow.log.join('\n'));
      assert.deepEqual(
        flow.log.filter((line) => line.startsWith('WARN')),
        [warning],
      );
      await flow.stop();
      assert.equal((await readBack(kafka.direct, topic, { count: 1 })).length, 1);
    });

    it('a broker that stays down: the push fails at its deadline and says that nothing was written', async () => {
      const topic = await topicOf('gone');
      proxy.refuse();
      const flow = await runFlow(settings(topic, { deliveryTimeout: 1_500 }));
      const begin = performance.now();
      const message = failureOf(await flow.push(event()));
      const took = performance.now() - begin;
      await flow.stop();
      await proxy.accept();
      assert.ok(took >= 1_400 && took < 6_000, `${took} ms`);
      assert.match(
        String(message),
        new RegExp(
          `^Kafka topic "${topic}": not acknowledged within deliveryTimeout \\(1500 ms\\); ` +
            `the record was not written. Last failure: Cannot reach Kafka at ${proxy.address}: .*ECONNREFUSED`,
        ),
      );
    });

    it('a missing topic is said once with what to type, its pushes fail, and other topics go on', async () => {
      const [topic, missing] = [await topicOf('there'), freshName('missing')];
      const flow = await runFlow(settings(topic, { deliveryTimeout: 2_000 }), {
        mapping: { order: { complete: { settings: { topic: missing } } } },
      });
      await flow.push(event());
      const order = event({ name: 'order complete', entity: 'order', action: 'complete' });
      let ended = 0;
      const lost = Array.from({ length: 20 }, () => flow.push(order).finally(() => (ended += 1)));
      assert.ok((await flow.push(event())).ok);
      assert.equal(ended, 0, 'the healthy topic waited for the missing one');
      await Promise.all(lost);
      await flow.stop();

      const sentence =
        `Kafka topic "${missing}" not found on cluster ${proxy.address}. Run "walkeros setup destination.kafka" with ` +
        'explicit { numPartitions, replicationFactor } to create it.';
      assert.deepEqual(
        flow.log.filter((line) => line === `ERROR ${sentence}`),
        [`ERROR ${sentence}`],
      );
      for (const result of await Promise.all(lost)) assert.ok(failureOf(result)?.includes(sentence));
      assert.equal((await readBack(kafka.direct, topic, { count: 2 })).length, 2);
    });

    it('one event that cannot be written as JSON fails alone, also in a batch', async () => {
      const topic = await topicOf('json');
      const flow = await runFlow(settings(topic), { batch: { size: 4, wait: 60_000 } });
      const cycle: Record<string, unknown> = {};
      cycle['self'] = cycle;
      const bad = [cycle, { n: 1n }].map((data) => ({ ...event(), data }) as never);
      const told: boolean[] = [];
      for (const one of [event(), ...bad, event()]) told.push((await flow.push(one)).ok);
      // walkerOS answers when the event is in the batch, of which nothing was sent yet.
      assert.deepEqual(told, [true, true, true, true]);
      await eventually(
        'the batch is through',
        () => flow.collector.status.destinations['kafka']?.count === 2,
      );
      const letters = flow.collector.destinations['kafka']?.dlq?.map(([, error]) => String(error));
      await flow.stop();
      assert.deepEqual(letters, [
        'KafkaError: Event "page view" cannot be written as JSON: Converting circular structure to JSON. ' +
          'Map the offending property away with `data.map`, or turn it into a string at its source.',
        'KafkaError: Event "page view" cannot be written as JSON: Do not know how to serialize a BigInt. ' +
          'Map the offending property away with `data.map`, or turn it into a string at its source.',
      ]);
      assert.equal((await readBack(kafka.direct, topic, { count: 2 })).length, 2);
    });
  });
}

/** To one broker: one for questions about the cluster, and one to produce, which questions would have to wait behind. */
const connections = 2;

const silent = {
  error: () => {},
  warn: () => {},
  info: () => {},
  debug: () => {},
  json: () => {},
  throw: (message: string | Error): never => {
    throw message instanceof Error ? message : new Error(message);
  },
  scope: () => silent,
};
