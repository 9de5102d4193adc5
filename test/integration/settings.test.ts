import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { Mapping, WalkerOS } from '@walkeros/core';
import { describeTopic } from '../../scripts/kafka/topics.ts';
import type { RuleSettings, Settings } from '../../src/types.ts';
import { freshName, freshTopic, sharedBroker } from '../support/broker.ts';
import { event, runFlow } from '../support/flow.ts';
import { readBack, type StoredRecord } from '../support/reader.ts';

type KafkaSettings = Settings['kafka'];

interface Row {
  readonly setting: string;
  readonly kafka?: Partial<KafkaSettings>;
  readonly rule?: Mapping.Rule<RuleSettings>;
  readonly event?: Partial<WalkerOS.Event>;
  /** What differs from the plain record of the plain event. */
  readonly stored: Partial<Stored>;
}

interface Stored {
  key: string;
  value: string;
  headers: Record<string, string>;
}

const plainValue =
  '{"name":"page view","data":{"title":"Home"},"context":{},"globals":{},"custom":{},"user":{"id":"us3r"},"nested":[],' +
  '"consent":{},"id":"1f0c2a9d4b7e8f31","trigger":"load","entity":"page","action":"view",' +
  '"timestamp":TIMESTAMP,"timing":1.5,"source":{"type":"test","platform":"server","schema":"4","count":1,"trace":"t"}}';
const json = { 'content-type': 'application/json' };
const source = { type: 'test', platform: 'server', schema: '4', count: 1, trace: 't' };

/** One row a setting of the contract; those about TLS and SASL stand in secure.test.ts. */
const rows: Row[] = [
  { setting: 'nothing but brokers and topic', stored: {} },
  { setting: 'clientId', kafka: { clientId: 'checkout service' }, stored: {} },
  { setting: 'connectionTimeout', kafka: { connectionTimeout: 3_000 }, stored: {} },
  { setting: 'requestTimeout', kafka: { requestTimeout: 9_000 }, stored: {} },
  { setting: 'timeout', kafka: { timeout: 5_000 }, stored: {} },
  { setting: 'acks all', kafka: { acks: -1 }, stored: {} },
  { setting: 'acks leader', kafka: { acks: 1 }, stored: {} },
  { setting: 'acks none', kafka: { acks: 0 }, stored: {} },
  { setting: 'idempotent', kafka: { idempotent: true }, stored: {} },
  { setting: 'retry', kafka: { retry: { retries: 1, initialRetryTime: 10, maxRetryTime: 100 } }, stored: {} },
  { setting: 'linger', kafka: { linger: 20 }, stored: {} },
  { setting: 'batchSize', kafka: { batchSize: 1 }, stored: {} },
  { setting: 'key', kafka: { key: 'user.id' }, stored: { key: 'us3r' } },
  {
    setting: 'key that is a number',
    kafka: { key: 'data.n' },
    event: { data: { n: 42 } },
    stored: { key: '42', value: plainValue.replace('{"title":"Home"}', '{"n":42}') },
  },
  {
    setting: 'key that is a boolean',
    kafka: { key: 'data.b' },
    event: { data: { b: false } },
    stored: { key: 'false', value: plainValue.replace('{"title":"Home"}', '{"b":false}') },
  },
  { setting: 'key that leads to nothing', kafka: { key: 'user.email' }, stored: { key: 'page_view' } },
  { setting: 'key that leads to an object', kafka: { key: 'data' }, stored: { key: 'page_view' } },
  {
    setting: "rule's key over settings'",
    kafka: { key: 'user.id' },
    rule: { settings: { key: 'data.title' } },
    stored: { key: 'Home' },
  },
  {
    setting: 'headers',
    kafka: { headers: { tenant: 'größe' } },
    stored: { headers: { 'content-type': 'application/json', tenant: 'größe' } },
  },
  {
    setting: 'headers over the content type',
    kafka: { headers: { 'content-type': 'application/vnd.walkeros+json' } },
    stored: { headers: { 'content-type': 'application/vnd.walkeros+json' } },
  },
  {
    setting: 'rule with data.map',
    rule: { data: { map: { page: 'data.title', user: 'user.id' } } },
    stored: { value: '{"page":"Home","user":"us3r"}' },
  },
  {
    setting: 'rule with data that is no map: the event stays',
    rule: { data: 'user.id' },
    stored: {},
  },
  {
    setting: 'rule with a new name',
    rule: { name: 'screen shown now' },
    stored: { key: 'screen_shown_now', value: plainValue.replace('"page view"', '"screen shown now"') },
  },
  {
    setting: 'Unicode',
    event: { data: { title: '日本 😀' } },
    stored: { value: plainValue.replace('Home', '日本 😀') },
  },
];

for (const client of ['platformatic', 'kafkajs'] as const) {
  describe(`each setting, stored by ${client}`, () => {
    let stored: StoredRecord[];

    before(async () => {
      const { brokers } = await sharedBroker();
      const topic = await freshTopic('settings');
      for (const [index, { kafka, rule, event: overrides }] of rows.entries()) {
        const flow = await runFlow(
          { kafka: { brokers: brokers.slice(0, 1), topic, client, ...kafka } },
          rule ? { mapping: { page: { view: rule } } } : {},
        );
        const timestamp = 1_700_000_000_000 + index;
        const result = await flow.push(event({ timestamp, source, ...overrides }));
        await flow.stop();
        assert.ok(result.ok, `${rows[index]?.setting}: ${flow.log.join('\n')}`);
      }
      stored = await readBack(brokers, topic, { count: rows.length });
    });

    for (const [index, row] of rows.entries()) {
      it(row.setting, () => {
        const timestamp = 1_700_000_000_000 + index;
        const records = stored.filter((record) => record.timestamp === timestamp);
        assert.equal(records.length, 1, 'stored once');
        const [record] = records;
        const { key = 'page_view', value = plainValue, headers = json } = row.stored;
        assert.deepEqual(
          {
            key: String(record?.key),
            value: String(record?.value),
            headers: Object.fromEntries(
              (record?.headers ?? []).map(([name, bytes]) => [name, String(bytes)]),
            ),
            timestampType: record?.timestampType,
          },
          { key, value: value.replace('TIMESTAMP', String(timestamp)), headers, timestampType: 'CreateTime' },
        );
      });
    }
  });

  describe(`settings that need a set-up of their own, ${client}`, () => {
    it("topic: the rule's over the settings'", async () => {
      const { brokers } = await sharedBroker();
      const [topic, orders] = [await freshTopic('settings'), await freshTopic('orders')];
      const flow = await runFlow(
        { kafka: { brokers, topic, client } },
        { mapping: { order: { complete: { settings: { topic: orders } } } } },
      );
      await flow.push(event());
      await flow.push(event({ name: 'order complete', entity: 'order', action: 'complete' }));
      await flow.stop();
      const records = await readBack(brokers, [topic, orders], { count: 2 });
      assert.deepEqual(
        records.map((record) => [record.topic, String(record.key)]),
        [
          [topic, 'page_view'],
          [orders, 'order_complete'],
        ],
      );
    });

    it('brokers: the first that answers serves, others may be down', async () => {
      const { brokers } = await sharedBroker();
      const topic = await freshTopic('settings');
      const flow = await runFlow({ kafka: { brokers: [await closedPort(), ...brokers], topic, client } });
      const result = await flow.push(event());
      await flow.stop();
      assert.ok(result.ok, flow.log.join('\n'));
      assert.equal((await readBack(brokers, topic, { count: 1 })).length, 1);
    });

    it('allowAutoTopicCreation: true makes the topic, false (the default) never does', async () => {
      const { brokers } = await sharedBroker();
      const [wanted, unwanted] = [freshName('auto'), freshName('never')];
      const kafka = { brokers, client, deliveryTimeout: 1_500 };
      const auto = await runFlow({
        kafka: { ...kafka, deliveryTimeout: 8_000, topic: wanted, allowAutoTopicCreation: true },
      });
      const never = await runFlow({ kafka: { ...kafka, topic: unwanted } });
      const [made, refused] = await Promise.all([auto.push(event()), never.push(event())]);
      await Promise.all([auto.stop(), never.stop()]);
      assert.ok(made.ok, auto.log.join('\n'));
      assert.ok(!refused.ok);
      assert.equal((await readBack(brokers, wanted, { count: 1 })).length, 1);
      assert.equal(await describeTopic(brokers, unwanted), undefined);
    });

    it('clientId: the broker is told it', async () => {
      const { brokers } = await sharedBroker();
      const heard: Buffer[] = [];
      const server = createServer((socket) => {
        socket.on('data', (bytes) => heard.push(bytes)).on('error', () => {});
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      after(() => server.close());
      const address = server.address();
      assert.ok(address !== null && typeof address === 'object');
      const flow = await runFlow({
        kafka: {
          brokers: [`127.0.0.1:${address.port}`, ...brokers],
          topic: await freshTopic('settings'),
          client,
          clientId: 'checkout-7',
          connectionTimeout: 500,
          requestTimeout: 500,
        },
      });
      await flow.push(event());
      await flow.stop();
      assert.ok(Buffer.concat(heard).includes('checkout-7'));
    });

    it('timestamp: one that is missing or no number becomes now, and that is said, with a count at the end', async () => {
      const { brokers } = await sharedBroker();
      const topic = await freshTopic('settings');
      const flow = await runFlow({ kafka: { brokers, topic, client } });
      const begin = Date.now();
      // What a careless source may send; the collector passes it on.
      for (const timestamp of ['yesterday', null, Number.NaN]) {
        await flow.push({ ...event(), timestamp } as unknown as WalkerOS.Event);
      }
      await flow.push(event({ timestamp: 1_700_000_000_999 }));
      await flow.stop();
      const end = Date.now();
      const times = (await readBack(brokers, topic, { count: 4 })).map(({ timestamp }) => timestamp);
      assert.equal(times[3], 1_700_000_000_999);
      for (const time of times.slice(0, 3)) assert.ok(time >= begin && time <= end, String(time));
      assert.deepEqual(
        flow.log.filter((line) => line.includes('timestamp')),
        [
          'WARN Event "page view" has no usable timestamp (yesterday): the time of sending is stored instead, ' +
            'here and for every event like it.',
          'WARN Event "page view" has no usable timestamp (NaN): the time of sending is stored instead, ' +
            'here and for every event like it. (and 1 more like it since the last line)',
        ],
      );
    });
  });
}

async function closedPort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return address !== null && typeof address === 'object' ? `127.0.0.1:${address.port}` : '127.0.0.1:1';
}
