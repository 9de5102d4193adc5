import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { describeTopic } from '../../scripts/kafka/topics.ts';
import { prepareOlder, startOlderKafka, type OlderKafka } from '../../scripts/older-kafka/cluster.ts';
import type { Client } from '../support/every-use.ts';
import { eventually } from '../support/eventually.ts';
import { account, openFlow, startLoad, upTo } from '../support/load.ts';
import { readBack } from '../support/reader.ts';
import { runSetup } from '../support/setup.ts';

/**
 * Brokers rolled back one by one from 3.6.2 to 2.8.2 under load, and upgraded again. 0 of 8 pushes came through in 60 s on the
 * healthy cluster that was left, until the flow was restarted: the client knew what the brokers of the past speak.
 * Run by `npm run test:rollback`; about four minutes.
 */
const newer = '3.6.2';
const older = '2.8.2';
const missing = (await prepareOlder(newer)) ?? (await prepareOlder(older));
const limits = { timeoutMs: 120_000, everyMs: 200 };
const topics = ['platformatic', 'kafkajs', 'idempotent'] as const;
const clientOf = (topic: (typeof topics)[number]): Client =>
  topic === 'kafkajs' ? 'kafkajs' : 'platformatic';

let kafka: OlderKafka;

before(async () => {
  if (missing !== undefined) return;
  kafka = await startOlderKafka({ version: newer, nodes: 3 });
});

after(async () => {
  await kafka.stop();
});

it(`nothing is lost, and no flow is restarted`, { skip: missing ?? false, timeout: 600_000 }, async (t) => {
  const { brokers } = kafka;
  for (const [index, topic] of topics.entries()) {
    // On ZooKeeper the controller alone creates topics, and of these brokers at most one is it.
    const kafka = { brokers: brokers.slice(index, index + 1), topic, client: clientOf(topic) };
    // Just after its start the controller may not count all brokers.
    const creates = async () => {
      const { result } = await runSetup({ kafka }, { numPartitions: 6, replicationFactor: 3 });
      assert.deepEqual(result, { topicCreated: true, schemaRegistered: false });
      return true;
    };
    await eventually(`setup creates the topic ${topic}`, creates, limits);
  }
  const flows = await Promise.all(
    topics.map((topic) =>
      openFlow(
        {
          kafka: {
            brokers,
            topic,
            client: clientOf(topic),
            idempotent: topic === 'idempotent',
            key: 'data.key',
            deliveryTimeout: 30_000,
          },
        },
        { timeout: 40_000 },
      ),
    ),
  );
  const loads = await Promise.all(flows.map((flow) => startLoad(flow, { perTick: 1, keys: 30 })));
  const flowing = (what: string) =>
    eventually(what, goalsOf(loads.map((load) => [load, load.accepted + 200] as const)), limits);
  await flowing('the streams flow');
  for (const version of [older, newer]) {
    for (const node of kafka.nodes) {
      await node.stop();
      await node.start(version);
      await eventually('all replicas are in sync', () => inSync(brokers), limits);
      await flowing(`the streams flow past node ${String(node.id)} on ${version}`);
    }
  }
  const failures = await Promise.all(loads.map((load) => load.stop()));
  await Promise.all(flows.map((flow) => flow.stop()));
  for (const [index, topic] of topics.entries()) {
    const begun = loads[index]?.begun ?? 0;
    const failed = failures[index] ?? new Map<number, string>();
    const stored = await readBack(brokers, topic, { timeoutMs: 120_000 });
    const { lost, disordered, duplicates } = account(stored, upTo(begun));
    t.diagnostic(
      `${topic}: ${begun} pushes, ${failed.size} rejected, ${lost.length} lost, ${duplicates} duplicates, ` +
        `${disordered.length} keys out of order`,
    );
    assert.deepEqual({ failed: [...failed], lost, disordered }, { failed: [], lost: [], disordered: [] });
    if (topic === 'idempotent') assert.equal(duplicates, 0);
  }
});

type Goal = readonly [load: { readonly accepted: number }, goal: number];

const goalsOf = (goals: readonly Goal[]) => () => goals.every(([load, goal]) => load.accepted > goal);

async function inSync(brokers: readonly string[]): Promise<boolean> {
  const all = await Promise.all(topics.map((topic) => describeTopic(brokers, topic)));
  return all.flat().every((partition) => partition?.inSync.length === 3);
}
