import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { startFlow } from '@walkeros/collector';
import { type HttpSource, sourceHttp } from '../../demo/source-http/index.ts';
import { destinationKafka, type Settings } from '../../src/index.ts';
import { eventually } from '../support/eventually.ts';
import { proxiedKafka } from '../support/proxied-kafka.ts';
import { readBack } from '../support/reader.ts';
import { assertAllStored, RetryingClients } from '../support/retrying-client.ts';
import { tempFolder } from '../support/temp.ts';

const { proxy, kafka, topicOf } = await proxiedKafka();
const [broker] = kafka.nodes;
assert.ok(broker);

// A source that answers before delivery, or a destination that resolves without it, makes clients forget what nobody has.
// `npm run test:outage` is the same with three brokers, the default deadline and an outage of a minute.
describe('HTTP clients while the broker is frozen, and then down', () => {
  const spool = { path: join(tempFolder(), 'kafka.spool') };
  const cases: [title: string, more: Partial<Settings>, statuses: number[]][] = [
    ['get 503 for what is not stored, send it again, and nothing is lost', {}, [200, 503]],
    ['get 200 all the time where a spool takes it, and nothing is lost', { spool }, [200]],
  ];
  for (const [title, more, statuses] of cases) {
    it(title, async (t) => {
      const topic = await topicOf('outage', { partitions: 3 });
      const settings: Settings = {
        kafka: { brokers: [proxy.address], topic, idempotent: true, deliveryTimeout: 2_000 },
        ...more,
      };
      const { collector } = await startFlow({
        sources: { http: { code: sourceHttp, config: { settings: { port: 0 } } } },
        destinations: { kafka: { code: destinationKafka, config: { settings } } },
        logger: { handler: () => undefined },
      });
      t.after(() => collector.command('shutdown'));
      const clients = new RetryingClients((collector.sources.http as unknown as HttpSource).origin ?? '', 8);
      const answered = (): number => [...clients.statuses.values()].reduce((sum, count) => sum + count, 0);
      const goOn = async (what: string, status: number): Promise<void> => {
        const before = clients.statuses.get(status) ?? 0;
        await eventually(what, () => (clients.statuses.get(status) ?? 0) >= before + 8, {
          timeoutMs: 60_000,
        });
      };
      const inOutage = statuses.at(-1) ?? 0;
      await goOn('events are stored', 200);
      await broker.freeze();
      await goOn('the frozen broker shows', inOutage);
      await broker.thaw();
      await goOn('events are stored again', 200);
      await broker.kill();
      await goOn('the dead broker shows', inOutage);
      await broker.start();
      await goOn('events are stored again', 200);
      await clients.stop();
      t.diagnostic(
        `${clients.sent.size} events, ${answered()} answers: ${JSON.stringify([...clients.statuses])}`,
      );
      assert.deepEqual([...clients.statuses.keys()].sort(), statuses);
      await collector.command('shutdown');
      const stored = await readBack(kafka.direct, topic, { count: clients.sent.size });
      assertAllStored(
        clients,
        stored.map(({ value }) => value),
      );
    });
  }
});
