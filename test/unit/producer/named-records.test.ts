import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { event, runFlow } from '../../support/flow.ts';
import { failureOf, upTo } from '../../support/load.ts';
import { moodyBroker, type SentRecord } from '../../support/moody-broker.ts';

const hour = 3_600_000;
const now = Date.now();
/** One event in five comes from a clock that is five hours ahead. */
const isAhead = (n: number) => n % 5 === 3;
const numbered = (n: number) =>
  event({ data: { n }, timestamp: isAhead(n) ? now + 5 * hour : now, user: { id: 'u' } });
const numberOf = ({ value }: SentRecord) => (JSON.parse(value) as { data: { n: number } }).data.n;
const aheadIn = (records: readonly SentRecord[]) =>
  records.flatMap(({ timestamp }, index) => (timestamp > now + hour ? [index] : []));

/**
 * One record's timestamp fails its whole batch, and the broker says which record it was. The batch was halved until the
 * culprit was found all the same: with one event in five too far ahead, 6,831 of 15,998 good ones ran out of time, and the
 * log named the size of the batches.
 */
for (const client of ['platformatic', 'kafkajs'] as const) {
  describe(`a broker that names bad records, ${client}`, () => {
    async function rig(t: TestContext, kafka: object = {}) {
      const broker = await moodyBroker(t);
      const flow = await runFlow({
        kafka: {
          brokers: [`127.0.0.1:${broker.port}`],
          topic: 'events',
          client,
          compression: 'none',
          ...kafka,
        },
        deadLetter: { topic: 'dead' },
      });
      t.after(() => flow.stop());
      broker.moods.judge = () => undefined;
      assert.equal(failureOf(await flow.push(numbered(0))), undefined);
      const of = (topic: string) => broker.stored.filter((record) => record.topic === topic);
      const sent = () => broker.batches.filter(([topic]) => topic === 'events');
      return { broker, flow, of, sent };
    }

    for (const idempotent of [false, true]) {
      it(`only those are refused, in their own words, and the others are sent at once${idempotent ? ', idempotent' : ''}`, async (t) => {
        const { broker, flow, of, sent } = await rig(t, { idempotent });
        broker.moods.judge = (_topic, records) => {
          const ahead = aheadIn(records);
          if (ahead.length === 0) return undefined;
          const named = ahead.map((index) => [index, `record ${index} is ahead`] as const);
          return { code: 32, named, message: 'Some are ahead' };
        };
        const before = sent().length;
        const answers = await Promise.all(upTo(500).map((n) => flow.push(numbered(n + 1))));
        assert.deepEqual(answers.map(failureOf).filter(Boolean), []);
        // Two requests for each batch: all of it, and all of it but those that were named.
        const batches = sent().slice(before);
        const [whole = 0, again = 0] = [batches[0]?.[1], batches[1]?.[1]];
        assert.ok(batches.length <= 8, JSON.stringify(batches));
        assert.ok(again < whole && again >= Math.floor(whole * 0.7), JSON.stringify(batches));
        assert.deepEqual(
          of('events').map(numberOf),
          upTo(501).filter((n) => !isAhead(n)),
        );
        assert.deepEqual(
          of('dead')
            .map(numberOf)
            .sort((a, b) => a - b),
          upTo(501).filter(isAhead),
        );
        const { 'walkeros-dead-letter-code': code, 'walkeros-dead-letter-message': message } =
          of('dead')[0]?.headers ?? {};
        assert.equal(code, 'INVALID_TIMESTAMP');
        assert.match(
          String(message),
          /^Topic "events": the broker refuses this record: INVALID_TIMESTAMP \(record \d+ is ahead\)\.$/,
        );
        // Nothing of a refused batch was appended: the numbers of those that are sent again begin where it began.
        const sequences = batches.filter(([, records]) => records > 0).map(([, , first]) => first);
        assert.equal(sequences[1], idempotent ? sequences[0] : -1);
        assert.deepEqual(
          flow.log.filter((line) => /batchSize|halve|max\.message\.bytes/.test(line)),
          [],
        );
      });
    }

    it('those that are sent again are not held up by bad ones that came after them', async (t) => {
      const { broker, flow, of, sent } = await rig(t);
      const more: Promise<unknown>[] = [];
      let n = 1_000;
      broker.moods.judge = (topic, records) => {
        if (topic !== 'events') return undefined;
        // While the answer is on its way a bad one and a good one come.
        more.push(flow.push(numbered(n + 3)), flow.push(numbered(n + 4)));
        n += 5;
        const named = aheadIn(records).map((index) => [index, null] as const);
        return named.length > 0 && n < 1_200 ? { code: 32, named } : undefined;
      };
      const before = sent().length;
      const answers = await Promise.all(upTo(10).map((index) => flow.push(numbered(index + 1))));
      assert.deepEqual(answers.map(failureOf).filter(Boolean), []);
      assert.ok(sent().length - before <= 8, JSON.stringify(sent().slice(before)));
      broker.moods.judge = () => undefined;
      while (more.length > 0) await Promise.all(more.splice(0));
      assert.equal(of('events').filter((record) => numberOf(record) <= 10).length, 9);
    });

    for (const [what, named] of [
      ['nothing', []],
      ['what is not in the batch', [-1, 400, 2_147_483_647, -2_147_483_648]],
    ] as const) {
      it(`a broker that names ${what}: the batch is halved until the bad one is found`, async (t) => {
        const { broker, flow, of } = await rig(t);
        broker.moods.judge = (topic, records) =>
          topic === 'events' && records.some((record) => numberOf(record) === 13)
            ? { code: 87, named: named.map((index) => [index, 'no'] as const), message: 'Bad' }
            : undefined;
        const answers = await Promise.all(upTo(20).map((n) => flow.push(numbered(n + 1))));
        assert.deepEqual(answers.map(failureOf).filter(Boolean), []);
        assert.deepEqual(of('dead').map(numberOf), [13]);
        assert.equal(of('events').length, 20);
        assert.deepEqual(
          flow.log.filter((line) => /batchSize|max\.message\.bytes/.test(line)),
          [],
        );
        assert.match(
          flow.log.find((line) => line.includes('halves')) ?? '',
          /^INFO Kafka topic "events": the broker refuses a batch of \d+ records and does not say for which of them \(INVALID_RECORD\): it is sent in halves until they are found\./,
        );
      });
    }

    it('a broker that names a record a hundred thousand times, and all of them', async (t) => {
      const { broker, flow, of } = await rig(t);
      const many = Array.from({ length: 100_000 }, (_, n) => [n % 30, n < 30 ? 'first' : null] as const);
      broker.moods.judge = (topic, records) =>
        topic === 'events' && records.length > 1 ? { code: 87, named: many } : undefined;
      const answers = await Promise.all(upTo(20).map((n) => flow.push(numbered(n + 1))));
      assert.deepEqual(answers.map(failureOf).filter(Boolean), []);
      assert.equal(of('dead').length + of('events').length, 21);
      assert.ok(of('dead').length >= 19);
      assert.match(
        String(of('dead')[0]?.headers['walkeros-dead-letter-message']),
        /INVALID_RECORD \(first\)/,
      );
    });
  });
}
