import assert from 'node:assert/strict';
import { it } from 'node:test';
import { freshTopic, sharedBroker } from '../support/broker.ts';
import { event } from '../support/flow.ts';
import { account, failureOf, numberOf, openFlow, upTo } from '../support/load.ts';
import { readBack } from '../support/reader.ts';

const hour = 3_600_000;
const isAhead = (n: number) => n % 5 === 3;

/**
 * One visitor in five has a clock that is five hours ahead. The broker says which records those are; batches were halved all the
 * same until each was found, and good events ran out of time.
 */
for (const client of ['platformatic', 'kafkajs'] as const) {
  for (const idempotent of [false, true]) {
    it(`a fifth of the events is refused for its time: all others are stored once, in order; ${client}, idempotent: ${idempotent}`, async () => {
      const { brokers } = await sharedBroker();
      const [topic, dead] = [await freshTopic('clocks'), await freshTopic('dead')];
      const flow = await openFlow({
        kafka: { brokers, topic, client, idempotent, key: 'data.key' },
        deadLetter: { topic: dead },
      });
      const now = Date.now();
      const pushes = upTo(1_000).map((n) =>
        flow.push(event({ data: { n, key: `key-${n % 10}` }, timestamp: isAhead(n) ? now + 5 * hour : now })),
      );
      assert.deepEqual((await Promise.all(pushes)).map(failureOf).filter(Boolean), []);
      await flow.stop();
      const good = upTo(1_000).filter((n) => !isAhead(n));
      const stored = await readBack(brokers, topic, { count: good.length });
      assert.deepEqual(account(stored, good), { lost: [], duplicates: 0, disordered: [] });
      const letters = await readBack(brokers, dead, { count: 200 });
      assert.deepEqual(
        letters.map(({ value }) => numberOf(value).n).toSorted((one, other) => one - other),
        upTo(1_000).filter(isAhead),
      );
      assert.deepEqual(
        flow.log.filter((line) => /halves|batchSize/.test(line)),
        [],
      );
    });
  }
}
