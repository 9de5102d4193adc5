import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { startKafka } from '../../scripts/kafka/launch.ts';
import { createTopic, deleteTopic, describeTopic, recordCounts } from '../../scripts/kafka/topics.ts';
import type { Settings } from '../../src/types.ts';
import { freshTopic } from '../support/broker.ts';
import { eventually } from '../support/eventually.ts';
import { openFlow, startLoad } from '../support/load.ts';
import { tempFolder } from '../support/temp.ts';

const kafka = await startKafka({ own: true });
after(() => kafka.stop());
const { brokers, nodes } = kafka;

/** The first tries are used up after five seconds, and the pause that follows takes ten. */
const retry = { retries: 1, initialRetryTime: 5_000 };

// The broker that led its partitions leads them again: that ended no pause of theirs, and pushes waited 10 to 20 s more.
describe('a topic made anew is served as soon as it is led', () => {
  for (const restarted of [false, true])
    it(restarted ? 'the broker restarted in between' : 'the broker ran all the time', async () => {
      const flows = await Promise.all(
        (['platformatic', 'kafkajs'] as const).flatMap((client) => [
          openStream(`${client}, without spool`, client),
          openStream(`${client}, with spool`, client, { spool: { path: join(tempFolder(), 'spool.db') } }),
        ]),
      );
      await Promise.all(flows.map(({ topic }) => deleteTopic(brokers, topic)));
      for (const { name, topic } of flows)
        await eventually(`${name}: the topic is gone`, async () => !(await describeTopic(brokers, topic)));
      if (restarted) {
        await nodes[0]?.stop();
        await nodes[0]?.start();
      }
      await Promise.all(
        flows.map(async ({ name, topic, flow }) => {
          const isOver = () => flow.log.some((line) => line.includes('Gave up after 2 tries'));
          await eventually(`${name}: its tries are used up`, isOver, { timeoutMs: 60_000 });
          await createTopic(brokers, topic);
          const stored = async () => (await recordCounts(brokers, topic)).join() !== '0';
          await eventually(`${name}: the stream flows again`, stored, { timeoutMs: 5_000 });
        }),
      );
      await Promise.all(flows.map(({ load }) => load.stop()));
      await Promise.all(flows.map(({ flow }) => flow.stop()));
    });
});

async function openStream(
  name: string,
  client: 'platformatic' | 'kafkajs',
  settings: Partial<Settings> = {},
) {
  const topic = await freshTopic('anew', { brokers });
  const kafka = { brokers, topic, client, deliveryTimeout: 60_000, retry };
  const flow = await openFlow({ ...settings, kafka }, { timeout: 70_000 });
  const load = await startLoad(flow, { perTick: 1, keys: 12 });
  await eventually(`${name}: the stream flows`, () => load.accepted > 20);
  return { name, topic, flow, load };
}
