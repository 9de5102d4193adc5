import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startFlow } from '@walkeros/collector';
import { startKafka } from '../../scripts/kafka/launch.ts';
import { describeTopic } from '../../scripts/kafka/topics.ts';
import { type HttpSource, sourceHttp } from '../../demo/source-http/index.ts';
import { destinationKafka, type Settings } from '../../src/index.ts';
import { freshTopic } from '../support/broker.ts';
import { eventually } from '../support/eventually.ts';
import { readBack } from '../support/reader.ts';
import { assertAllStored, RetryingClients } from '../support/retrying-client.ts';

// What `npm test` shows in seconds, with the default deadline: a frozen leader costs no client more than time, and an outage
// of the whole cluster, twice as long as the deadline, is told as 503.
it('HTTP clients while a leader is frozen for 9 s, and while all brokers are down for a minute', async (t) => {
  const kafka = await startKafka({ nodes: 3, own: true });
  t.after(() => kafka.stop());
  const topic = await freshTopic('outage', {
    brokers: kafka.direct,
    partitions: 6,
    replicas: 3,
    config: { 'min.insync.replicas': '2' },
  });
  const settings: Settings = { kafka: { brokers: kafka.brokers, topic, idempotent: true } };
  const { collector } = await startFlow({
    sources: { http: { code: sourceHttp, config: { settings: { port: 0 } } } },
    destinations: { kafka: { code: destinationKafka, config: { settings } } },
    logger: { handler: () => undefined },
  });
  t.after(() => collector.command('shutdown'));
  const clients = new RetryingClients((collector.sources.http as unknown as HttpSource).origin ?? '', 20);
  const stored = async (): Promise<void> => {
    const before = clients.acknowledged.size;
    await eventually('events are stored', () => clients.acknowledged.size >= before + 1_000, {
      timeoutMs: 120_000,
    });
  };
  await stored();
  const leader = (await describeTopic(kafka.direct, topic))?.[0]?.leader;
  const frozen = kafka.nodes.find(({ id }) => id === leader);
  assert.ok(frozen);
  await frozen.freeze();
  await sleep(9_000);
  await frozen.thaw();
  await stored();
  assert.deepEqual([...clients.statuses.keys()], [200], 'a frozen leader is outlived');

  await Promise.all(kafka.nodes.map((node) => node.kill()));
  await sleep(60_000);
  assert.ok((clients.statuses.get(503) ?? 0) >= 20, JSON.stringify([...clients.statuses]));
  await Promise.all(kafka.nodes.map((node) => node.start()));
  await stored();
  await clients.stop();
  t.diagnostic(
    `${clients.sent.size} events, ${JSON.stringify([...clients.statuses])}, ${clients.doubtful.size} perhaps written before`,
  );
  assert.deepEqual([...clients.statuses.keys()].sort(), [200, 503]);
  const records = await readBack(kafka.direct, topic, { count: clients.sent.size, timeoutMs: 60_000 });
  assertAllStored(
    clients,
    records.map(({ value }) => value),
  );
});
