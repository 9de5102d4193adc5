import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { Producer } from '@platformatic/kafka';
import {
  recordCounts,
  describeTopic,
  growTopic,
  alterTopic,
  topicConfig,
} from '../../scripts/kafka/topics.ts';
import { freshName, freshTopic, sharedBroker } from '../support/broker.ts';
import { readBack } from '../support/reader.ts';

/** Other tests trust the reader blindly, so its exactness is shown once with bytes that break line-based readers. */
describe('readBack', () => {
  it('returns keys, headers and values byte for byte', async () => {
    // Many containers and build machines name no locale, and Java's tools wrote "Gr??e" there.
    for (const name of ['LANG', 'LC_ALL', 'LC_CTYPE']) delete process.env[name];
    const { brokers } = await sharedBroker();
    const topic = await freshTopic('reader');
    const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const producer = new Producer({ clientId: 'reader-test', bootstrapBrokers: brokers, retries: 0 });
    after(() => producer.close());
    await producer.send({
      messages: [
        {
          topic,
          partition: 0,
          key: everyByte,
          value: everyByte,
          timestamp: 1_700_000_000_123n,
          headers: new Map([
            [Buffer.from('content-type'), Buffer.from('application/json')],
            [Buffer.from('Größe'), everyByte],
          ]),
        },
        {
          topic,
          partition: 0,
          key: Buffer.from('k\t\\x41'),
          value: Buffer.from('null'),
          timestamp: 1_700_000_000_002n,
        },
        {
          topic,
          partition: 0,
          key: Buffer.from(''),
          value: Buffer.from('NO_HEADERS\n\u001e😀'),
          timestamp: 1_700_000_000_003n,
        },
        { topic, partition: 0, value: Buffer.from(''), timestamp: 1_700_000_000_004n },
      ],
    });

    const records = await readBack(brokers, topic, { count: 4 });
    const common = { topic, partition: 0, timestampType: 'CreateTime' };
    assert.deepEqual(records, [
      {
        ...common,
        offset: 0,
        timestamp: 1_700_000_000_123,
        key: everyByte,
        headers: [
          ['content-type', Buffer.from('application/json')],
          ['Größe', everyByte],
        ],
        value: everyByte,
      },
      {
        ...common,
        offset: 1,
        timestamp: 1_700_000_000_002,
        key: Buffer.from('k\t\\x41'),
        headers: [],
        value: Buffer.from('null'),
      },
      {
        ...common,
        offset: 2,
        timestamp: 1_700_000_000_003,
        key: Buffer.from(''),
        headers: [],
        value: Buffer.from('NO_HEADERS\n\u001e😀'),
      },
      { ...common, offset: 3, timestamp: 1_700_000_000_004, key: null, headers: [], value: Buffer.from('') },
    ]);
  });
});

describe('topics', () => {
  it('describes, grows and alters what it made, and makes nothing by asking', async () => {
    const { brokers } = await sharedBroker();
    const topic = await freshTopic('topics', { partitions: 2, config: { 'retention.ms': '1234567' } });
    await growTopic(brokers, topic, 3);
    await alterTopic(brokers, topic, { 'max.message.bytes': '2000' });
    const config = await topicConfig(brokers, topic);
    assert.equal((await describeTopic(brokers, topic))?.length, 3);
    assert.equal(config['retention.ms'], '1234567');
    assert.equal(config['max.message.bytes'], '2000');
    assert.deepEqual(await recordCounts(brokers, topic), [0, 0, 0]);

    const missing = freshName('missing');
    assert.equal(await describeTopic(brokers, missing), undefined);
    assert.equal(await describeTopic(brokers, missing), undefined);
  });
});
