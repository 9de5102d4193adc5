import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { resolveOptions } from '../../../src/config/resolve.ts';
import { walkerOSJson } from '../../../scripts/walkeros-json.ts';

/** As a tool reads the file: through JSON, where functions and undefined are gone. */
const file = JSON.parse(JSON.stringify(walkerOSJson())) as ReturnType<typeof walkerOSJson>;

describe('walkerOS.json', () => {
  it('names the package and what it is', () => {
    assert.equal(file.$meta.package, 'walkeros-destination-kafka');
    assert.equal(file.$meta.type, 'destination');
    assert.deepEqual(file.$meta.platform, ['server']);
    assert.match(file.$meta.version, /^\d+\.\d+\.\d+/);
  });

  it('requires only the brokers and the topic', () => {
    const { settings, mapping, setup } = file.schemas;
    assert.equal(settings.$schema, 'http://json-schema.org/draft-07/schema#');
    assert.deepEqual(settings.required, ['kafka']);
    assert.deepEqual((settings.properties?.kafka as { required: string[] }).required, ['brokers', 'topic']);
    assert.deepEqual(Object.keys(mapping.properties ?? {}), [
      'key',
      'headers',
      'topic',
      'tombstone',
      'value',
    ]);
    assert.equal(mapping.required, undefined);
    assert.deepEqual(setup.required, ['numPartitions', 'replicationFactor']);
  });

  it('describes every setting', () => {
    const undescribed: string[] = [];
    const walk = (
      node: { properties?: Record<string, object>; description?: string },
      path: string,
    ): void => {
      if (path !== '' && !node.description) undescribed.push(path);
      for (const [name, child] of Object.entries(node.properties ?? {})) walk(child, `${path}.${name}`);
    };
    walk(file.schemas.settings as Parameters<typeof walk>[0], '');
    walk(file.schemas.mapping as Parameters<typeof walk>[0], '');
    walk(file.schemas.setup as Parameters<typeof walk>[0], '');
    assert.deepEqual(undescribed, []);
  });

  const settings = z.fromJSONSchema(file.schemas.settings);
  const kafka = { brokers: ['kafka1:9092'], topic: 'events' };
  const good = [
    { kafka },
    {
      kafka: { ...kafka, ssl: { ca: 'PEM' }, sasl: { mechanism: 'plain' }, acks: 0 },
      deadLetter: { topic: 'dead' },
    },
    // `walkeros validate` runs before references are replaced: no pattern may stand in their way.
    { kafka: { brokers: ['$env.KAFKA_BROKER'], topic: '$env.KAFKA_TOPIC:events', key: '$var.key' } },
    {
      kafka: {
        brokers: ['kafka1:9092'],
        topic: { value: { fn: '$code:() => "a"' }, topics: ['a'], prefix: 'b' },
        key: ['user.id', { fn: '$code:() => "a"', consent: { marketing: true } }],
        headers: { team: 'web', user: { key: 'user.id' } },
      },
    },
  ];
  for (const value of good) {
    it(`accepts ${JSON.stringify(value)}`, () => assert.ok(settings.safeParse(value).success));
  }
  const bad = [
    {},
    { kafka: { topic: 'events' } },
    { kafka: { ...kafka, brokers: [] } },
    { kafka: { ...kafka, acks: 2 } },
    { kafka: { ...kafka, compresion: 'gzip' } },
    { kafka: { ...kafka, ssl: 'yes' } },
    { kafka, spool: {} },
    { kafka: { ...kafka, key: true } },
    { kafka: { ...kafka, key: { kye: 'user.id' } } },
    { kafka: { ...kafka, topic: { value: 'data.region' } } },
    { kafka: { ...kafka, headers: { user: 5 } } },
  ];
  for (const value of bad) {
    it(`refuses ${JSON.stringify(value)}`, () => assert.ok(!settings.safeParse(value).success));
  }

  it('carries hints, whose code is configuration that holds', () => {
    assert.deepEqual(Object.keys(file.hints), ['key', 'headers', 'topic', 'tombstone']);
    for (const { code = [] } of Object.values(file.hints)) {
      for (const { code: text } of code) {
        const part = JSON.parse(text) as { kafka?: object };
        const mapping = part.kafka ? undefined : part;
        assert.doesNotThrow(() => resolveOptions({ kafka: { ...kafka, ...part.kafka } }, { mapping }), text);
      }
    }
  });

  it('carries the examples, functions as code', () => {
    assert.deepEqual(Object.keys((file.examples as { step: object }).step), [
      'defaultEvent',
      'headersFromEvent',
      'ignoredEvent',
      'keyByConsent',
      'keyByFunction',
      'keyFallbacks',
      'keyFromUserId',
      'mappedPayload',
      'noKey',
      'renamedEvent',
      'tombstone',
      'topicFromEvent',
      'topicOverride',
    ]);
    assert.deepEqual((file.examples as { env: object }).env, {
      push: { kafka: { send: { $code: '() => undefined' } } },
      simulation: ['call:kafka.send'],
    });
  });
});
