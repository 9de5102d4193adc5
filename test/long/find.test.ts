import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Producer } from '@platformatic/kafka';
import { partitionOf } from '../../src/protocol/partitioner.ts';
import { flowFile, run } from '../cli/support/run.ts';
import { freshTopic, sharedBroker } from '../support/broker.ts';
import { event } from '../support/flow.ts';
import { upTo } from '../support/load.ts';
import { tempFolder } from '../support/temp.ts';

const folder = tempFolder();
const records = 1_000_000;
const partitions = 6;
const keys = 1_000;
const day = 86_400_000;
const start = Date.parse('2026-11-23T00:00:00Z');
const sent = 5_000;

const idOf = (n: number): string => n.toString(16).padStart(16, '0');
const keyOf = (n: number): string => `user-${n % keys}`;
const timeOf = (n: number): number => start + Math.floor((n * day) / records);

/** A day of events, in the order of their times. */
async function fill(brokers: string[], topic: string): Promise<void> {
  const producer = new Producer({ clientId: 'find', bootstrapBrokers: brokers });
  for (let first = 0; first < records; first += sent) {
    const messages = upTo(sent).map((index) => {
      const n = first + index;
      const key = Buffer.from(keyOf(n));
      const value = JSON.stringify(event({ id: idOf(n), timestamp: timeOf(n), user: { id: keyOf(n) } }));
      const partition = partitionOf(key, partitions);
      return { topic, key, partition, timestamp: BigInt(timeOf(n)), value: Buffer.from(value) };
    });
    await producer.send({ messages, acks: -1, compression: 'gzip' });
  }
  await producer.close();
}

/** What docs/operations.md says of the speed of `find` comes from the lines that this prints. */
describe('find in a million records of a day, in six partitions', () => {
  it('reads one partition of an hour where key and hour are known, and all that is since otherwise', async (test) => {
    const { brokers } = await sharedBroker();
    const topic = await freshTopic('million', { partitions });
    await fill(brokers, topic);
    const path = flowFile(folder, { settings: { kafka: { brokers, topic } } });
    const n = 512_345;
    const hour = ['--since', '2026-11-23T12:00:00Z', '--until', '2026-11-23T13:00:00Z'];
    const all = ['--since', '2026-11-23T00:00:00Z'];

    const find = async (what: string, ...words: string[]) => {
      const begun = performance.now();
      const { code, lines } = await run(['find', '--flow', path, '--json', ...words]);
      const ms = Math.round(performance.now() - begun);
      const { stored, searched } = JSON.parse(lines.join('')) as {
        stored: { value: { id: string } }[];
        searched: { records: number; partitions: { read: number[] } }[];
      };
      const [{ records: read = 0, partitions: { read: of = [] } = {} } = {}] = searched;
      test.diagnostic(`${what}: ${ms} ms, ${read} records`);
      return { code, ids: stored.map(({ value }) => value.id), read, of: of.length };
    };
    const id = idOf(n);
    const known = await find('key and hour known', id, '--key', keyOf(n), ...hour);
    assert.deepEqual([known.code, known.ids, known.of], [0, [id], 1]);
    assert.ok(known.read < 10_000, `${known.read} records`);
    const ofHour = await find('hour known', id, ...hour);
    assert.deepEqual([ofHour.code, ofHour.ids, ofHour.of], [0, [id], partitions]);
    assert.ok(ofHour.read > 41_000 && ofHour.read < 42_000, `${ofHour.read} records`);
    const ofKey = await find('key known', id, '--key', keyOf(n), ...all);
    assert.deepEqual([ofKey.code, ofKey.ids, ofKey.of], [0, [id], 1]);
    const none = await find('nothing known, and not there', 'ffffffffffffffff', ...all);
    assert.deepEqual([none.code, none.ids, none.read], [3, [], records]);
  });
});
