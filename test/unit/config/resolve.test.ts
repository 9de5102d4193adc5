import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KafkaError } from '../../../src/model/errors.ts';
import { resolveOptions } from '../../../src/config/resolve.ts';
import { problems } from './problems.ts';

describe('resolveOptions', () => {
  it('fills in every default', () => {
    const { options, warnings } = resolveOptions({ kafka: { brokers: ['kafka1:9092'], topic: 'events' } });
    const { valueOf, ...others } = options;
    assert.deepEqual(valueOf(), { format: 'json' });
    assert.deepEqual(others, {
      client: 'platformatic',
      connection: {
        brokers: ['kafka1:9092'],
        clientId: 'walkeros',
        tls: undefined,
        sasl: undefined,
        connectTimeout: 1000,
        requestTimeout: 18750,
        ackTimeout: 30000,
        acks: -1,
        compression: 'gzip',
        autoCreateTopics: false,
      },
      idempotent: false,
      topic: 'events',
      key: undefined,
      headers: {},
      retry: { maxRetryTime: 30000, initialRetryTime: 300, retries: 5 },
      linger: 0,
      batchSize: 1000000,
      bufferMemory: 33554432,
      deliveryTimeout: 30000,
      deadLetter: undefined,
      spool: undefined,
      traceparent: undefined,
    });
    assert.deepEqual(warnings, []);
  });

  it('gives a request 5/8 of the deadline, or 15 s where a spool keeps what is late', () => {
    const requestTimeout = (settings: object): number =>
      resolveOptions({ kafka: { brokers: ['b:1'], topic: 't' }, ...settings }).options.connection
        .requestTimeout;
    assert.equal(requestTimeout({}), 18_750);
    const short = { kafka: { brokers: ['b:1'], topic: 't', deliveryTimeout: 8_000 } };
    assert.equal(requestTimeout(short), 5_000);
    assert.equal(requestTimeout({ ...short, spool: { path: '/var/spool.db' } }), 15_000);
  });

  it('takes over everything that is set', () => {
    const { options, warnings } = resolveOptions({
      kafka: {
        brokers: ['kafka1:9092', '[::1]:9093'],
        topic: 'orders',
        clientId: 'shop',
        client: 'kafkajs',
        connectionTimeout: 2000,
        requestTimeout: 3750,
        acks: 1,
        timeout: 7000,
        compression: 'zstd',
        idempotent: false,
        allowAutoTopicCreation: true,
        key: 'user.id',
        headers: { team: 'web' },
        retry: { retries: 0 },
        linger: 5,
        batchSize: 1000,
        bufferMemory: 2000,
        deliveryTimeout: 6000,
      },
      deadLetter: { topic: 'orders-dead' },
      spool: { path: '/var/spool.db', mode: 'always', maxBytes: 3000 },
      value: { format: 'cloudevents', mode: 'structured', source: '/shop', typePrefix: 'com.example.' },
      telemetry: { traceparent: 'ingest.traceparent' },
    });
    const { valueOf, ...others } = options;
    assert.deepEqual(valueOf(), {
      format: 'cloudevents',
      mode: 'structured',
      source: '/shop',
      typePrefix: 'com.example.',
    });
    assert.deepEqual(others, {
      client: 'kafkajs',
      connection: {
        brokers: ['kafka1:9092', '[::1]:9093'],
        clientId: 'shop',
        tls: undefined,
        sasl: undefined,
        connectTimeout: 2000,
        requestTimeout: 3750,
        ackTimeout: 7000,
        acks: 1,
        compression: 'zstd',
        autoCreateTopics: true,
      },
      idempotent: false,
      topic: 'orders',
      key: 'user.id',
      headers: { team: 'web' },
      retry: { maxRetryTime: 30000, initialRetryTime: 300, retries: 0 },
      linger: 5,
      batchSize: 1000,
      bufferMemory: 2000,
      deliveryTimeout: 6000,
      deadLetter: { topic: 'orders-dead' },
      spool: { path: '/var/spool.db', mode: 'always', maxBytes: 3000 },
      traceparent: 'ingest.traceparent',
    });
    assert.deepEqual(warnings, []);
  });

  it('lists all problems of schema, rules and mapping at once, one a line', () => {
    assert.throws(
      () =>
        resolveOptions(
          {
            kafka: {
              brokers: ['kafka1', 'kafka2:9092'],
              topc: 'events',
              topic: 'events',
              idempotent: true,
              acks: 0,
              sasl: { mechanism: 'plain', username: 'shop' },
            },
          },
          { mapping: { order: { complete: { settings: { topic: 'my orders' } } } } },
        ),
      (error: unknown) => {
        assert.ok(error instanceof KafkaError);
        assert.equal(error.code, 'SETTINGS_INVALID');
        assert.equal(
          error.message,
          [
            'The Kafka destination cannot start: 5 problems in its settings',
            'settings.kafka.brokers[0]: "kafka1" has no port: write host:port, for example "kafka1:9092"',
            'settings.kafka.topc: unknown setting: did you mean "topic"?',
            'settings.kafka.sasl.password: is missing: "plain" logs in with username and password',
            'settings.kafka.idempotent: needs settings.kafka.acks -1, which is 0: only records that all in-sync replicas confirm are kept from being stored twice; remove acks, or remove idempotent',
            'mapping.order.complete.settings.topic: "my orders" is no topic name: Kafka allows letters (a-z, A-Z), digits, ".", "_" and "-"',
          ].join('\n'),
        );
        return true;
      },
    );
  });

  it('keeps a rule silent where a setting it reads is wrong itself', () => {
    assert.deepEqual(problems({ kafka: { idempotent: true, acks: '0' } }), [
      'settings.kafka.acks: must be -1 (all in-sync replicas), 1 (leader) or 0 (none), without quotes',
    ]);
  });

  it('does not change the settings it is given, and freezes what it gives', () => {
    const settings = {
      kafka: {
        brokers: ['kafka1:9092'],
        topic: 'events',
        ssl: { servername: 'kafka1' },
        headers: { team: 'web' },
      },
    };
    const before = structuredClone(settings);
    const { options } = resolveOptions(settings);
    assert.deepEqual(settings, before);
    const { connection, headers, retry } = options;
    for (const part of [options, connection, connection.brokers, headers, retry])
      assert.ok(Object.isFrozen(part));
    assert.ok(!Object.isFrozen(settings.kafka.brokers) && !Object.isFrozen(settings.kafka.headers));
  });

  it('takes settings that are frozen themselves', () => {
    const kafka = Object.freeze({ brokers: Object.freeze(['kafka1:9092']), topic: 'events' });
    assert.equal(resolveOptions(Object.freeze({ kafka })).options.topic, 'events');
  });
});
