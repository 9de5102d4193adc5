import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { freshTopic, sharedBroker } from '../support/broker.ts';
import { event } from '../support/flow.ts';
import { account, failureOf, numbered, numberOf, openFlow, upTo } from '../support/load.ts';
import { readBack } from '../support/reader.ts';

const noise = (bytes: number): string =>
  randomBytes(Math.ceil(bytes / 2))
    .toString('hex')
    .slice(0, bytes);

const large = (n: number, bytes: number) => event({ data: { n, key: 'large', noise: noise(bytes) } });

for (const client of ['platformatic', 'kafkajs'] as const) {
  describe(`sizes with ${client}`, () => {
    it('one event of 5 MB among 999 good ones: 999 are stored, one is rejected by name', async () => {
      const { brokers } = await sharedBroker();
      const topic = await freshTopic('oversize');
      const flow = await openFlow({ kafka: { brokers, topic, client, compression: 'none' } });
      const events = upTo(1_000).map((n) => (n === 500 ? large(n, 5_000_000) : numbered(n, 10)));
      const failures = (await Promise.all(events.map((one) => flow.push(one)))).map(failureOf);
      await flow.stop();

      const failed = upTo(1_000).filter((n) => failures[n] !== undefined);
      assert.deepEqual(failed, [500]);
      assert.match(
        String(failures[500]),
        new RegExp(
          `^Topic "${topic}": the broker answered MESSAGE_TOO_LARGE. Send smaller events, or raise the topic's ` +
            'max.message.bytes. This record has 500\\d{4} bytes before compression.$',
        ),
      );
      const stored = await readBack(brokers, topic, { count: 999 });
      const good = upTo(1_000).filter((n) => n !== 500);
      assert.deepEqual(account(stored, good), { lost: [], duplicates: 0, disordered: [] });
      assert.equal(stored.length, 999);
    });

    it('40 large events that fit alone but not together: all are stored, in order', async () => {
      const { brokers } = await sharedBroker();
      const topic = await freshTopic('large');
      // Of 40 events of 900 kB, 37 fit into bufferMemory; the rest waits for room.
      const flow = await openFlow({ kafka: { brokers, topic, client, compression: 'none' } });
      const results = await Promise.all(upTo(40).map((n) => flow.push(large(n, 900_000))));
      await flow.stop();
      assert.deepEqual(results.map(failureOf).filter(Boolean), []);
      const stored = await readBack(brokers, topic, { count: 40 });
      assert.deepEqual(
        stored.map(({ value }) => numberOf(value).n),
        upTo(40),
      );
    });

    it("a topic's limit of 50 kB, below our batch size: what fits is stored in order, what does not is named", async () => {
      const { brokers } = await sharedBroker();
      const topic = await freshTopic('narrow', { config: { 'max.message.bytes': '50000' } });
      const flow = await openFlow({ kafka: { brokers, topic, client, compression: 'none' } });
      const tooLarge = [100, 101, 750];
      const events = upTo(1_000).map((n) =>
        tooLarge.includes(n) ? large(n, 60_000) : n % 100 === 50 ? large(n, 40_000) : numbered(n, 1),
      );
      const failures = (await Promise.all(events.map((one) => flow.push(one)))).map(failureOf);
      await flow.stop();

      assert.deepEqual(
        upTo(1_000).filter((n) => failures[n] !== undefined),
        tooLarge,
      );
      for (const n of tooLarge) {
        assert.match(
          String(failures[n]),
          new RegExp(`^Topic "${topic}": .*MESSAGE_TOO_LARGE.* 60\\d{3} bytes before compression\\.$`),
        );
      }
      const stored = await readBack(brokers, topic, { count: 997 });
      assert.equal(stored.length, 997);
      const good = upTo(1_000).filter((n) => !tooLarge.includes(n));
      assert.deepEqual(account(stored, good), { lost: [], duplicates: 0, disordered: [] });
    });
  });
}
