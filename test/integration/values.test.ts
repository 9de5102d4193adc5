import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { registryMissing, startRegistry, type RunningRegistry } from '../../scripts/registry/launch.ts';
import type { RuleSettings } from '../../src/types.ts';
import { walkerosEventSchemas } from '../../src/schema/walkeros-event/schemas.ts';
import { freshTopic, sharedBroker } from '../support/broker.ts';
import { confluentMissing, readByConfluent, type FramedTopic } from '../support/confluent.ts';
import { event, runFlow } from '../support/flow.ts';
import { failureOf } from '../support/load.ts';
import { readBack } from '../support/reader.ts';
import { guidOf, registryProxy } from '../support/registry-proxy.ts';

type Format = FramedTopic['format'];

/** Unions of records, 64 bits, what may be missing, and text beyond ASCII. */
const order = event({
  name: 'order complete',
  entity: 'order',
  action: 'complete',
  data: {
    id: 'Grüße 🥾',
    total: 555.5,
    exact: '9007199254740993',
    items: [
      { sku: 'ers', price: 420, size: 'L' },
      { sku: 'gift', message: 'für dich' },
    ],
  },
  // Otherwise the collector gives it one.
  source: { type: 'test', platform: 'server', schema: '4', trace: 't' },
});

const avro = {
  type: 'record',
  name: 'Order',
  namespace: 'shop.orders',
  fields: [
    { name: 'name', type: 'string' },
    { name: 'timestamp', type: { type: 'long', logicalType: 'timestamp-millis' } },
    {
      name: 'data',
      type: {
        type: 'record',
        name: 'Data',
        fields: [
          { name: 'id', type: 'string' },
          { name: 'total', type: ['null', 'long', 'double'], default: null },
          { name: 'exact', type: 'long' },
          { name: 'coupon', type: ['null', 'string'], default: null },
          {
            name: 'items',
            type: {
              type: 'array',
              items: [
                {
                  type: 'record',
                  name: 'Article',
                  fields: [
                    { name: 'sku', type: 'string' },
                    { name: 'price', type: 'int' },
                    { name: 'size', type: { type: 'enum', name: 'Size', symbols: ['S', 'L'] } },
                  ],
                },
                {
                  type: 'record',
                  name: 'Gift',
                  fields: [
                    { name: 'sku', type: 'string' },
                    { name: 'message', type: 'string' },
                  ],
                },
              ],
            },
          },
        ],
      },
    },
  ],
};
const proto = `syntax = "proto3";
package shop.orders;

message Envelope { string unused = 1; }

message Order {
  message Data {
    message Item {
      string sku = 1;
      oneof kind {
        int32 price = 2;
        string message = 3;
      }
      optional Size size = 4;
    }
    string id = 1;
    double total = 2;
    int64 exact = 3;
    optional string coupon = 4;
    repeated Item items = 5;
  }
  enum Size { NONE = 0; S = 1; L = 2; }
  string name = 1;
  int64 timestamp = 2;
  Data data = 3;
}
`;
const json = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Order',
  type: 'object',
  required: ['name', 'data'],
  properties: {
    name: { type: 'string' },
    data: {
      type: 'object',
      required: ['id', 'total'],
      properties: {
        total: { type: 'number' },
        coupon: { type: 'string' },
        items: {
          type: 'array',
          items: { oneOf: [{ required: ['price'] }, { required: ['message'] }] },
        },
      },
    },
  },
};

const own: Readonly<Record<Format, NonNullable<RuleSettings['value']>>> = {
  avro: { schema: avro, subjectNameStrategy: 'record' },
  'json-schema': { schema: json, subjectNameStrategy: 'topic-record' },
  protobuf: { schema: proto, message: 'Order' },
};
const formats = ['avro', 'json-schema', 'protobuf'] as const;
/** Where the schema is told: in front of the value; in a header, by a registry with GUIDs, or without. */
const ways = ['prefix', 'GUID', 'id'] as const;
type Way = (typeof ways)[number];

const missing = (await registryMissing()) ?? (await confluentMissing());

describe('values that Confluent’s Python client decodes', { skip: missing ?? false }, () => {
  let registry: RunningRegistry;
  /** What has been started, in this order: also where what comes next fails. */
  const started: (() => unknown)[] = [];
  const topics: Record<string, { events: string; orders: string }> = {};
  const decoded = new Map<string, unknown>();

  before(async () => {
    registry = await startRegistry();
    started.push(() => registry.stop());
    /** The same registry, whose schemas have GUIDs. */
    const newer = await registryProxy(registry.url, { guids: true });
    started.push(() => newer.close());
    const { brokers } = await sharedBroker();
    const toRead: FramedTopic[] = [];
    const write = async (format: Format, way: Way): Promise<void> => {
      const events = await freshTopic(`events-${format}`);
      const orders = await freshTopic(`orders-${format}`);
      topics[`${format} ${way}`] = { events, orders };
      const { url } = way === 'GUID' ? newer : registry;
      const schemaId = way === 'prefix' ? undefined : ('header' as const);
      const value = { format, registry: { url }, autoRegister: true, ...(schemaId && { schemaId }) };
      const flow = await runFlow(
        { kafka: { brokers, topic: events }, value },
        { mapping: { order: { complete: { settings: { topic: orders, value: own[format] } } } } },
      );
      started.push(() => flow.stop());
      const nested = [
        { entity: 'product', data: { id: 'ers', price: 420 }, nested: [{ entity: 'part', data: {} }] },
      ];
      const full = event({
        name: 'page view',
        data: { title: 'Grüße 🥾', views: 3, tags: ['a', 'b'], exact: '9007199254740993' },
        context: { shopping: ['intent', 0] },
        consent: { marketing: true },
        nested,
        source: { type: 'test', platform: 'server', schema: '4', count: 1, trace: 't' },
      });
      const results = await Promise.all([flow.push(full), flow.push(order)]);
      assert.deepEqual(results.map(failureOf), [undefined, undefined], flow.log.join('\n'));
      await flow.stop();
      const message = { proto: walkerosEventSchemas.PROTOBUF, message: 'Event' };
      toRead.push({ topic: events, count: 1, format, ...message });
      toRead.push({ topic: orders, count: 1, format, proto, message: 'Order' });
    };
    await Promise.all(ways.flatMap((way) => formats.map((format) => write(format, way))));
    for (const { topic, value } of await readByConfluent(brokers, newer.url, toRead))
      decoded.set(topic, value);
  });
  after(async () => {
    for (const stop of started.reverse()) await stop();
  });

  const read = (format: Format, which: 'events' | 'orders', way: Way = 'prefix'): unknown =>
    decoded.get(topics[`${format} ${way}`]?.[which] ?? '');

  const columns = {
    name: 'page view',
    id: '1f0c2a9d4b7e8f31',
    entity: 'page',
    action: 'view',
    trigger: 'load',
    timing: 1.5,
    data: { title: 'Grüße 🥾', views: '3', tags: '["a","b"]', exact: '9007199254740993' },
    consent: { marketing: true },
    user: { id: 'us3r' },
    source: { type: 'test', platform: 'server', schema: '4', count: '1', trace: 't' },
  };

  it('avro: the event, by the ready-made schema', () => {
    assert.deepEqual(read('avro', 'events'), {
      ...columns,
      timestamp: '2023-11-14T22:13:20.123000+00:00',
      context: { shopping: { value: 'intent', index: 0 } },
      globals: {},
      custom: {},
      nested: [
        {
          entity: 'product',
          data: { id: 'ers', price: '420' },
          context: {},
          nested: '[{"entity":"part","data":{}}]',
        },
      ],
    });
  });

  it('protobuf: the event, by the ready-made schema', () => {
    assert.deepEqual(read('protobuf', 'events'), {
      ...columns,
      timestamp: '1700000000123',
      context: { shopping: { value: 'intent', index: 0 } },
      nested: [
        { entity: 'product', data: { id: 'ers', price: '420' }, nested: '[{"entity":"part","data":{}}]' },
      ],
    });
  });

  it('json-schema: the event as it is', () => {
    const value = read('json-schema', 'events') as { data: object; nested: object };
    assert.deepEqual(value.data, {
      title: 'Grüße 🥾',
      views: 3,
      tags: ['a', 'b'],
      exact: '9007199254740993',
    });
    assert.deepEqual(value.nested, [
      { entity: 'product', data: { id: 'ers', price: 420 }, nested: [{ entity: 'part', data: {} }] },
    ]);
  });

  it('avro: unions, 64 bits, optional fields, Unicode, under the name of the record', () => {
    assert.deepEqual(read('avro', 'orders'), {
      name: 'order complete',
      timestamp: '2023-11-14T22:13:20.123000+00:00',
      data: {
        id: 'Grüße 🥾',
        total: 555.5,
        exact: '9007199254740993n',
        coupon: null,
        items: [
          { sku: 'ers', price: 420, size: 'L' },
          { sku: 'gift', message: 'für dich' },
        ],
      },
    });
  });

  it('protobuf: the second message of a file, with nested ones, oneof, 64 bits and Unicode', () => {
    assert.deepEqual(read('protobuf', 'orders'), {
      name: 'order complete',
      timestamp: '1700000000123',
      data: {
        id: 'Grüße 🥾',
        total: 555.5,
        exact: '9007199254740993',
        items: [
          { sku: 'ers', price: 420, size: 'L' },
          { sku: 'gift', message: 'für dich' },
        ],
      },
    });
  });

  it('json-schema: a schema of draft 2020-12', () => {
    const { data } = read('json-schema', 'orders') as { data: { items: object[] } };
    assert.deepEqual(data.items[1], { sku: 'gift', message: 'für dich' });
  });

  for (const way of ['GUID', 'id'] as const)
    for (const format of formats)
      it(`${format}: the same with the ${way} of the schema in a header, and the value bare`, async () => {
        for (const which of ['events', 'orders'] as const)
          assert.deepEqual(read(format, which, way), read(format, which), which);
        const { brokers } = await sharedBroker();
        const { orders = '' } = topics[`${format} ${way}`] ?? {};
        const [stored] = await readBack([...brokers], orders, { count: 1 });
        const strategy = {
          avro: 'shop.orders.Order',
          'json-schema': `${orders}-Order`,
          protobuf: `${orders}-value`,
        };
        const answer = await fetch(`${registry.url}/subjects/${strategy[format]}/versions/latest`);
        const { id } = (await answer.json()) as { id: number };
        const hexOfId = id.toString(16).padStart(8, '0');
        const header = way === 'GUID' ? `01${guidOf(id).replaceAll('-', '')}` : `00${hexOfId}`;
        // The second message of its file.
        const indexes = format === 'protobuf' ? '0202' : '';
        const bytes = stored?.headers.find(([name]) => name === '__value_schema_id')?.[1];
        assert.equal(bytes?.toString('hex'), header + indexes);
        const [first] = stored?.value ?? [];
        if (format !== 'json-schema') return assert.notEqual(first, 0);
        assert.deepEqual(JSON.parse(String(stored?.value)), read(format, 'orders'));
        assert.equal(
          String(stored?.headers.find(([name]) => name === 'content-type')?.[1]),
          'application/json',
        );
      });

  it('stand under the subjects of their strategies', async () => {
    const subjects = (await (await fetch(`${registry.url}/subjects`)).json()) as string[];
    assert.deepEqual(
      subjects.sort(),
      [
        'shop.orders.Order',
        ...ways.flatMap((way) => [
          ...formats.map((format) => `${topics[`${format} ${way}`]?.events}-value`),
          `${topics[`json-schema ${way}`]?.orders}-Order`,
          `${topics[`protobuf ${way}`]?.orders}-value`,
        ]),
      ].sort(),
    );
  });
});
