import assert from 'node:assert/strict';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import { metrics, type MetricSpec } from '../../../src/telemetry/metrics.ts';
import { eventually } from '../../support/eventually.ts';
import { event, runFlow } from '../../support/flow.ts';
import { installSdk, type Point, type Sdk } from '../../support/otel.ts';
import { again, recordOf, refused } from './reports.ts';
import { openOn, send } from './runtime.ts';

const id = { 'walkeros.destination.id': 'kafka' };
const request = {
  ...id,
  'messaging.system': 'kafka',
  'messaging.operation.name': 'send',
  'server.address': 'memory',
  'server.port': 9092,
};
const inEvents = { ...id, 'messaging.destination.name': 'events' };

describe('metrics with an OpenTelemetry SDK', () => {
  let sdk: Sdk;
  const seen = new Map<string, Set<string>>();
  beforeEach(() => {
    sdk = installSdk();
  });
  afterEach(() => sdk.uninstall());

  async function collect(): Promise<(name: string) => Point[]> {
    const found = await sdk.collect();
    for (const [name, points] of found) {
      const names = seen.get(name) ?? new Set();
      for (const point of points) for (const attribute of Object.keys(point.attributes)) names.add(attribute);
      seen.set(name, names);
    }
    return (name) => found.get(name) ?? [];
  }

  it('counts what is sent, and how long each request takes', async () => {
    const { runtime } = await openOn();
    await runtime.producer.sendAll(Array.from({ length: 300 }, () => recordOf()));
    const points = await collect();
    assert.deepEqual(points('messaging.client.sent.messages'), [
      { attributes: { ...request, 'messaging.destination.name': 'events' }, value: 300 },
    ]);
    const [duration] = points('messaging.client.operation.duration');
    assert.deepEqual(duration?.attributes, {
      ...request,
      'messaging.operation.type': 'send',
      'messaging.destination.name': 'events',
    });
    const [batch] = points('walkeros.kafka.batch.messages');
    assert.deepEqual(batch?.attributes, id);
    assert.ok(typeof batch.value === 'object' && typeof duration.value === 'object');
    assert.equal(batch.value.sum, 300);
    assert.equal(batch.value.count, duration.value.count);
    assert.ok(duration.value.sum > 0 && duration.value.sum < 5, String(duration.value.sum));
    await runtime.close();
  });

  it('names the topic of a duration only where the request has no other', async () => {
    const { runtime } = await openOn({ topics: { events: 1, orders: 1 } });
    await Promise.all([send(runtime, 'events'), send(runtime, 'orders')]);
    await runtime.producer.sendAll([recordOf({ topic: 'orders' }), recordOf({ topic: 'events' })]);
    const points = await collect();
    assert.ok(
      points('messaging.client.operation.duration').some(
        (point) => !('messaging.destination.name' in point.attributes),
      ),
    );
    assert.deepEqual(
      points('messaging.client.sent.messages').map(({ attributes, value }) => [
        attributes['messaging.destination.name'],
        value,
      ]),
      [
        ['events', 2],
        ['orders', 2],
      ],
    );
    await runtime.close();
  });

  it('counts retries, with the reason', async () => {
    const { runtime, cluster } = await openOn();
    cluster.failNext({ outcome: again, times: 2 });
    assert.equal(await send(runtime), undefined);
    const points = await collect();
    assert.deepEqual(points('walkeros.kafka.retried.messages'), [
      { attributes: { ...inEvents, 'error.type': 'NOT_ENOUGH_REPLICAS' }, value: 2 },
    ]);
    assert.deepEqual(points('messaging.client.sent.messages'), [
      {
        attributes: {
          ...request,
          'messaging.destination.name': 'events',
          'error.type': 'NOT_ENOUGH_REPLICAS',
        },
        value: 2,
      },
      { attributes: { ...request, 'messaging.destination.name': 'events' }, value: 1 },
    ]);
    await runtime.close();
  });

  it('counts the records of a batch that was too large and is halved', async () => {
    const { runtime, log } = await openOn({ maxBatchBytes: 250 });
    const records = Array.from({ length: 4 }, () => recordOf({ value: Buffer.alloc(100) }));
    assert.deepEqual(await runtime.producer.sendAll(records), [undefined, undefined, undefined, undefined]);
    const points = await collect();
    assert.deepEqual(points('walkeros.kafka.retried.messages'), [
      { attributes: { ...inEvents, 'error.type': 'MESSAGE_TOO_LARGE' }, value: 4 },
    ]);
    assert.deepEqual(log, [
      'info Kafka topic "events": a batch of 4 records, 500 bytes before compression, was too large for the broker and ' +
        'is sent in halves. Lower settings.kafka.batchSize, or raise max.message.bytes.',
    ]);
    await runtime.close();
  });

  it('counts what was refused, by reason', async () => {
    const { runtime, cluster } = await openOn();
    cluster.failNext({ outcome: refused });
    assert.equal(await send(runtime), 'RECORD_REJECTED');
    const points = await collect();
    assert.deepEqual(points('walkeros.kafka.rejected.messages'), [
      { attributes: { ...inEvents, 'error.type': 'INVALID_RECORD' }, value: 1 },
    ]);
    await runtime.close();
  });

  it('counts what ran out of time, and the loss of the cluster behind it', async () => {
    const { runtime, cluster, log, reported } = await openOn({}, { deliveryTimeout: 200 });
    await runtime.connect();
    assert.equal(await send(runtime), undefined);
    cluster.cutOff();
    assert.equal(await send(runtime), 'DEADLINE_EXCEEDED');
    const points = await collect();
    assert.deepEqual(points('walkeros.kafka.rejected.messages'), [
      { attributes: { ...inEvents, 'error.type': 'DEADLINE_EXCEEDED' }, value: 1 },
    ]);
    assert.deepEqual(points('walkeros.kafka.connection.failures'), [
      { attributes: { ...id, 'error.type': 'BROKER_UNREACHABLE' }, value: 1 },
    ]);
    assert.deepEqual(points('walkeros.kafka.connected'), [{ attributes: id, value: 0 }]);
    // What found no connection was not sent.
    assert.deepEqual(points('messaging.client.sent.messages'), [
      { attributes: { ...request, 'messaging.destination.name': 'events' }, value: 1 },
    ]);
    // walkerOS counts it too, in `collector.status.connectionErrors`.
    assert.equal(reported.length, 1);

    cluster.restore();
    assert.equal(await send(runtime), undefined);
    assert.deepEqual((await collect())('walkeros.kafka.connected'), [{ attributes: id, value: 1 }]);
    assert.match(log.join('\n'), /^warn No Kafka broker answers any more: .*memory:9092/m);
    assert.match(log.join('\n'), /^info Kafka answers again, after \d+\.\d s\.$/m);
    await runtime.close();
  });

  it('counts a start without a broker', async () => {
    const { runtime, cluster, reported } = await openOn();
    cluster.cutOff();
    await runtime.connect();
    const points = await collect();
    assert.deepEqual(points('walkeros.kafka.connection.failures'), [
      { attributes: { ...id, 'error.type': 'BROKER_UNREACHABLE' }, value: 1 },
    ]);
    assert.deepEqual(points('walkeros.kafka.connected'), [{ attributes: id, value: 0 }]);
    // The log says so already, and nothing was lost that was there.
    assert.equal(reported.length, 0);
    await runtime.close();
  });

  it('counts records of a missing topic', async () => {
    const { runtime, log } = await openOn(
      {},
      { retry: { retries: 1, initialRetryTime: 5, maxRetryTime: 5 } },
    );
    assert.equal(await send(runtime, 'nowhere'), 'TOPIC_MISSING');
    const points = await collect();
    assert.deepEqual(points('walkeros.kafka.rejected.messages'), [
      {
        attributes: {
          ...id,
          'messaging.destination.name': 'nowhere',
          'error.type': 'UNKNOWN_TOPIC_OR_PARTITION',
        },
        value: 1,
      },
    ]);
    assert.equal(log.length, 1);
    await runtime.close();
  });

  it('counts dead letters by the topic they were meant for, and warns once', async () => {
    const { runtime, cluster, log } = await openOn(
      { topics: { events: 1, dead: 1 } },
      {},
      { deadLetter: { topic: 'dead' } },
    );
    cluster.failNext({ topic: 'events', outcome: refused, times: 3 });
    for (let n = 0; n < 3; n++) assert.equal(await send(runtime), undefined);
    const points = await collect();
    assert.deepEqual(points('walkeros.kafka.dead_lettered.messages'), [
      { attributes: { ...inEvents, 'error.type': 'INVALID_RECORD' }, value: 3 },
    ]);
    assert.deepEqual(points('walkeros.kafka.rejected.messages'), []);
    assert.deepEqual(log, [
      'warn Kafka topic "events": a rejected record was stored in the dead-letter topic "dead". No.',
    ]);
    await runtime.close();
  });

  it('shows what waits, and counts those that find no room', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const { runtime } = await openOn({ onProduce: () => held }, { bufferMemory: 100, batchSize: 100 });
    // 24 bytes of overhead, 1 of the key, 60 of the value: one fits, the second waits at the door.
    const sent = runtime.producer.sendAll([1, 2].map(() => recordOf({ value: Buffer.alloc(60) })));
    await eventually(
      'both are under way',
      async () => (await collect())('walkeros.kafka.buffer.messages').length > 0,
    );
    const points = await collect();
    assert.deepEqual(points('walkeros.kafka.buffer.messages'), [{ attributes: id, value: 2 }]);
    assert.deepEqual(points('walkeros.kafka.buffer.usage'), [{ attributes: id, value: 170 }]);
    assert.deepEqual(points('walkeros.kafka.buffer.limit'), [{ attributes: id, value: 100 }]);
    assert.deepEqual(points('walkeros.kafka.buffer.waits'), [{ attributes: id, value: 1 }]);
    assert.deepEqual(points('walkeros.kafka.acknowledgement.age'), []);
    release();
    await sent;
    const later = await collect();
    assert.deepEqual(later('walkeros.kafka.buffer.messages'), [{ attributes: id, value: 0 }]);
    assert.deepEqual(later('walkeros.kafka.buffer.usage'), [{ attributes: id, value: 0 }]);
    const [age] = later('walkeros.kafka.acknowledgement.age');
    const seconds = Number(age?.value);
    assert.ok(seconds >= 0 && seconds < 5, String(seconds));
    await runtime.close();
  });

  it('counts what is left behind at the end, after which nothing waits', async (t) => {
    const { runtime } = await openOn({ onProduce: () => new Promise(() => undefined) });
    const sent = runtime.producer.sendAll([recordOf(), recordOf(), recordOf()]);
    await eventually(
      'they are under way',
      async () => (await collect())('walkeros.kafka.buffer.messages').length > 0,
    );
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const closed = runtime.close();
    await Promise.resolve();
    t.mock.timers.tick(4_500);
    await closed;
    assert.deepEqual(
      (await sent).map((error) => error?.code),
      ['DESTINATION_CLOSED', 'DESTINATION_CLOSED', 'DESTINATION_CLOSED'],
    );
    const points = await collect();
    assert.deepEqual(points('walkeros.kafka.rejected.messages'), [
      { attributes: { ...id, 'error.type': 'DESTINATION_CLOSED' }, value: 3 },
    ]);
    assert.deepEqual(points('walkeros.kafka.buffer.messages'), [{ attributes: id, value: 0 }]);
    assert.deepEqual(points('walkeros.kafka.buffer.limit'), [{ attributes: id, value: 0 }]);
    assert.deepEqual(points('walkeros.kafka.connected'), [{ attributes: id, value: 0 }]);
  });

  it('counts events without a usable timestamp, those without their key, and those that are no JSON', async () => {
    const flow = await runFlow(
      { kafka: { brokers: ['b1:9092'], topic: 'events', key: 'user.id' } },
      { env: { kafka: { send: () => undefined } } },
    );
    await flow.push(event({ timestamp: Number.NaN }));
    await flow.push(event({ user: {} }));
    const circular = event();
    Object.assign(circular.data, { self: circular });
    await flow.push(circular);
    const points = await collect();
    assert.deepEqual(points('walkeros.kafka.timestamp.replaced'), [{ attributes: id, value: 1 }]);
    assert.deepEqual(points('walkeros.kafka.key.fallbacks'), [{ attributes: id, value: 1 }]);
    assert.deepEqual(points('walkeros.kafka.rejected.messages'), [
      { attributes: { ...inEvents, 'error.type': 'EVENT_NOT_SERIALIZABLE' }, value: 1 },
    ]);
    await flow.stop();
  });

  after(() => {
    const missing = Object.values(metrics).filter(({ name }) => !seen.has(name) && !elsewhere.has(name));
    assert.deepEqual(
      missing.map(({ name }) => name),
      [],
      'no fault above causes these',
    );
    for (const { name, attributes: declared } of Object.values<MetricSpec>(metrics)) {
      const known = new Set<string>([...declared, 'walkeros.destination.id']);
      const undeclared = [...(seen.get(name) ?? [])].filter((attribute) => !known.has(attribute));
      assert.deepEqual(undeclared, [], `${name} has attributes that the documentation does not know`);
    }
  });
});

/** Where there is a wire (sizes.test.ts), a spool (spool.test.ts), or a registry (schemas.test.ts). */
const elsewhere = new Set([
  'walkeros.kafka.batch.size',
  'walkeros.kafka.compression.ratio',
  'walkeros.kafka.schema.failures',
  'walkeros.kafka.spool.refused.messages',
  'walkeros.kafka.spool.failures',
  'walkeros.kafka.maybe_doubled.messages',
  'walkeros.kafka.spool.messages',
  'walkeros.kafka.spool.usage',
  'walkeros.kafka.spool.limit',
  'walkeros.kafka.spool.age',
]);
