import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alterTopic } from '../../scripts/kafka/topics.ts';
import type { Settings } from '../../src/types.ts';
import { freshTopic, sharedBroker } from '../support/broker.ts';
import { event } from '../support/flow.ts';
import { eventually } from '../support/eventually.ts';
import { failureOf, openFlow, upTo } from '../support/load.ts';
import { readBack, type StoredRecord } from '../support/reader.ts';
import { tempFolder } from '../support/temp.ts';
import { flowFile, run } from './support/run.ts';

const hour = 3_600_000;
const month = 30 * 24 * hour;
const headersOf = ({ headers }: StoredRecord) =>
  Object.fromEntries(headers.map(([name, value]) => [name, String(value)]));
const folder = tempFolder();

for (const client of ['platformatic', 'kafkajs'] as const) {
  describe(`dead letters and what their records were refused for, ${client}`, () => {
    async function rig(limits: Record<string, string> = {}, more: Partial<Settings> = {}, ofDead = limits) {
      const { brokers } = await sharedBroker();
      const topic = await freshTopic('strict', { config: limits });
      const dead = await freshTopic('dead', { config: ofDead });
      const settings = {
        kafka: { brokers, topic, client, compression: 'none' as const },
        deadLetter: { topic: dead },
        ...more,
      };
      const path = flowFile(folder, { settings });
      return { brokers, topic, dead, path, flow: await openFlow(settings) };
    }

    /**
     * A visitor's clock is two hours ahead, and brokers refuse more than one: the letter had the same time, was refused for it,
     * too, and the event was lost.
     */
    it('an event of the future is kept, and has its own time again when it is sent again', async () => {
      const { brokers, topic, dead, path, flow } = await rig();
      const begin = Date.now();
      const ahead = begin + 2 * hour;
      assert.equal(failureOf(await flow.push(event({ timestamp: ahead }))), undefined);
      await flow.stop();
      const [letter] = await readBack(brokers, dead, { count: 1 });
      assert.ok(letter);
      assert.ok(letter.timestamp >= begin && letter.timestamp <= Date.now(), String(letter.timestamp));
      const told = headersOf(letter);
      assert.equal(told['walkeros-dead-letter-code'], 'INVALID_TIMESTAMP');
      assert.equal(told['walkeros-dead-letter-timestamp'], String(ahead));
      const [line = ''] = (await run(['dead-letters', 'list', path, '--json'])).lines;
      assert.equal((JSON.parse(line) as { timestamp: number }).timestamp, ahead);

      await alterTopic(brokers, topic, { 'message.timestamp.after.max.ms': String(24 * hour) });
      const resent = await run(['dead-letters', 'resend', path]);
      assert.deepEqual(resent.lines, [`1 to "${topic}"`, '1 dead letter re-sent']);
      const [record] = await readBack(brokers, topic, { count: 1 });
      assert.equal(record?.timestamp, ahead);
      assert.deepEqual(headersOf(record), { 'content-type': 'application/json' });
    });

    /** Retention goes by the record's time: a letter of last month was acknowledged, and deleted by the next check. */
    it('an event of last month is kept as a letter of now', async () => {
      const { brokers, dead, flow } = await rig({ 'max.message.bytes': '3000' });
      const begin = Date.now();
      // Nothing else of the letter fits: its value is compressed, too.
      const old = event({ timestamp: begin - month, data: { text: 'x'.repeat(4_000) } });
      assert.equal(failureOf(await flow.push(old)), undefined);
      await flow.stop();
      const [letter] = await readBack(brokers, dead, { count: 1 });
      assert.ok(letter && letter.timestamp >= begin, String(letter?.timestamp));
      assert.equal(headersOf(letter)['walkeros-dead-letter-timestamp'], String(begin - month));
    });

    /** With `always` the spool has a letter before Kafka does: "was stored in the dead-letter topic" was said before it was refused. */
    it('a letter is told as stored only when it is, and one that is refused stays in the spool', async () => {
      const spool = { path: `${folder}/${client}.spool`, mode: 'always' as const };
      const { dead, path, flow } = await rig({}, { spool }, { 'max.message.bytes': '200' });
      const results = await Promise.all(
        upTo(50).map(() => flow.push(event({ timestamp: Date.now() + 2 * hour }))),
      );
      await eventually('a letter is refused', () => flow.log.some((line) => line.startsWith('ERROR')));
      await flow.stop();
      const stored = flow.log.filter((line) => line.includes('was stored in the dead-letter topic'));
      assert.deepEqual(stored, []);
      // What was told as kept is there, also where its letter was refused.
      const told = results.filter(({ ok }) => ok).length;
      const [status = ''] = (await run(['spool', 'status', path, '--json'])).lines;
      const { refused } = JSON.parse(status) as { refused: number };
      assert.ok(refused >= told, JSON.stringify({ told, refused }));
      const error = flow.log.find((line) => line.startsWith('ERROR')) ?? '';
      assert.match(error, new RegExp(`"${dead}"(?: refused a record of the spool|: the broker answered)`));
    });

    /** A letter is larger than its record, by its headers: with the same limit on both topics it was refused, too. */
    it('the largest record that a topic takes is kept when it is refused for something else, and comes back as it was', async () => {
      const limit = 20_000;
      const { brokers, topic, dead, path, flow } = await rig({ 'max.message.bytes': String(limit) });
      const sized = (text: string, timestamp: number) => event({ data: { text }, timestamp });

      // All but the text: 450 to 550 bytes of the event, 61 of the batch, and some 60 of key and headers.
      let length = limit - 700;
      let stored = 0;
      for (;;) {
        assert.equal(failureOf(await flow.push(sized('x'.repeat(length + 1), Date.now()))), undefined);
        if (flow.log.some((line) => line.includes('MESSAGE_TOO_LARGE'))) break;
        length += 1;
        stored += 1;
      }
      assert.ok(stored > 0);
      const ahead = Date.now() + 5 * hour;
      assert.equal(failureOf(await flow.push(sized('x'.repeat(length), ahead))), undefined);
      await flow.stop();
      const letters = await readBack(brokers, dead, { count: 2 });
      const letter = letters.find(
        (one) => headersOf(one)['walkeros-dead-letter-timestamp'] === String(ahead),
      );
      assert.ok(letter);
      assert.deepEqual(headersOf(letter), {
        'content-type': 'application/json',
        'walkeros-dead-letter-topic': topic,
        'walkeros-dead-letter-code': 'INVALID_TIMESTAMP',
        'walkeros-dead-letter-timestamp': String(ahead),
        'walkeros-dead-letter-encoding': 'zstd',
      });
      await alterTopic(brokers, topic, { 'message.timestamp.after.max.ms': String(24 * hour) });
      const words = ['dead-letters', 'resend', path, '--code', 'INVALID_TIMESTAMP'];
      assert.deepEqual((await run(words)).lines, [`1 to "${topic}"`, '1 dead letter re-sent']);
      const records = await readBack(brokers, topic, { count: stored + 1 });
      const record = records.find(({ timestamp }) => timestamp === ahead);
      assert.ok(String(record?.value).includes(`"${'x'.repeat(length)}"`));
      assert.match(String(record?.value), /^\{"name":"page view","data":\{"text":"x+"\}/);
    });
  });
}
