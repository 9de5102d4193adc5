import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { problems, problemsOfAll } from './problems.ts';

/** Each wrong setting with the one sentence it gets. */
const kafka: [name: string, value: unknown, message: string][] = [
  ['brokers', undefined, 'brokers: is missing: write a list of host:port, for example ["kafka1:9092"]'],
  ['brokers', 'kafka1:9092', 'brokers: must be a list of host:port, for example ["kafka1:9092"]'],
  ['brokers', [], 'brokers: is empty: name at least one broker, for example ["kafka1:9092"]'],
  ['brokers', [9092], 'brokers[0]: must be text like "kafka1:9092"'],
  ['brokers', [''], 'brokers[0]: is empty: write host:port, for example "kafka1:9092"'],
  [
    'brokers',
    ['a:1', 'kafka1'],
    'brokers[1]: "kafka1" has no port: write host:port, for example "kafka1:9092"',
  ],
  ['brokers', ['kafka1:'], 'brokers[0]: "kafka1:" has no port: write host:port, for example "kafka1:9092"'],
  ['brokers', ['[::1]'], 'brokers[0]: "[::1]" has no port: write host:port, for example "[::1]:9092"'],
  [
    'brokers',
    ['::1'],
    'brokers[0]: "::1" is an IPv6 address without brackets: write "[address]:port", for example "[::1]:9092"',
  ],
  ['brokers', ['kafka1:0'], 'brokers[0]: "kafka1:0" has the port "0": it must be a number from 1 to 65535'],
  ['brokers', ['a:70000'], 'brokers[0]: "a:70000" has the port "70000": it must be a number from 1 to 65535'],
  ['brokers', ['a:b'], 'brokers[0]: "a:b" has the port "b": it must be a number from 1 to 65535'],
  ['brokers', [':9092'], 'brokers[0]: ":9092" is not host:port: write it like "kafka1:9092" or "[::1]:9092"'],
  ['brokers', ['a:1,b:1'], 'brokers[0]: "a:1,b:1" holds several brokers: make each one an entry of the list'],
  ['brokers', ['a:1 b:1'], 'brokers[0]: "a:1 b:1" holds a space: write host:port'],
  ['brokers', ['ssl://a:1'], 'brokers[0]: "ssl://a:1" has a scheme: write host:port without "ssl://"'],
  [
    'brokers',
    ['shop:hunter2@kafka1:9092'],
    'brokers[0]: holds a user name or password ("@"): write host:port and put those into settings.kafka.sasl',
  ],
  ['topic', undefined, 'topic: is missing: write the name of the topic'],
  ['topic', 7, 'topic: must be the name of a topic, for example "events"'],
  ['topic', '', 'topic: is empty: write the name of the topic'],
  ['topic', '.', 'topic: "." is no topic name: Kafka reserves "." and ".."'],
  ['topic', '..', 'topic: ".." is no topic name: Kafka reserves "." and ".."'],
  ['topic', 'x'.repeat(250), 'topic: has 250 characters: Kafka allows 249'],
  [
    'topic',
    'my events',
    'topic: "my events" is no topic name: Kafka allows letters (a-z, A-Z), digits, ".", "_" and "-"',
  ],
  ['key', '', 'key: is empty: write text, for example "user.id", or leave it out'],
  [
    'key',
    true,
    'key: must be a mapping path, for example "user.id", false (no key), or a mapping value, for example { "key": "user.id" }',
  ],
  ['key', [], 'key: is an empty list: write paths or mapping values, the first found counts'],
  [
    'key',
    ['user.id', 5],
    'key[1]: must be a mapping path or a mapping value, for example { "key": "user.id" }',
  ],
  ['key', ['user.id', ''], 'key[1]: is empty: write a mapping path, for example "user.id"'],
  // It was taken, and every key was the name of its event.
  [
    'key',
    ' user.id',
    'key: " user.id" has a space before or after it, so that nothing would be found: write "user.id"',
  ],
  [
    'key',
    [{ key: 'user.id ' }],
    'key[0].key: "user.id " has a space before or after it, so that nothing would be found: write "user.id"',
  ],
  [
    'key',
    {},
    'key: is empty: a mapping value has one of key, value, fn, map, loop, set, condition, consent, validate',
  ],
  ['key', { keys: 'user.id' }, 'key.keys: unknown: did you mean "key"?'],
  [
    'key',
    { path: 'a' },
    'key.path: unknown: known here are key, value, fn, map, loop, set, condition, consent, validate',
  ],
  ['key', { key: 5 }, 'key.key: must be a mapping path, for example "user.id"'],
  ['key', { fn: 'user' }, 'key.fn: must be a function (in a flow file: "$code:(value, context) => …")'],
  [
    'key',
    { key: 'a', consent: 'marketing' },
    'key.consent: must be an object of true and false, for example { "marketing": true }',
  ],
  ['key', { value: undefined }, 'key.value: is missing: write the value itself'],
  [
    'key',
    { loop: ['a'] },
    'key.loop: must be a list of two: what to go through, and the mapping value of each',
  ],
  ['key', { set: 'a' }, 'key.set: must be a list of mapping values'],
  ['key', { map: { a: { keys: 'b' } } }, 'key.map.a.keys: unknown: did you mean "key"?'],
  ['key', { map: [] }, 'key.map: must be an object of mapping values'],
  [
    'headers',
    { user: { fn: 5 } },
    'headers.user.fn: must be a function (in a flow file: "$code:(value, context) => …")',
  ],
  // It was left out of every record without a word.
  [
    'headers',
    JSON.parse('{ "__proto__": "web" }'),
    'headers["__proto__"]: is a name that no header can have here: take another',
  ],
  [
    'headers',
    Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`h${n}`, { key: 'user.id' }])),
    'headers: has 65 mapping values: at most 64 headers can come from the event',
  ],
  [
    'topic',
    { key: 'data.region' },
    'topic: is a mapping value alone, and so could name any topic: declare those it may give, { "value": …, "topics": ["orders-eu", "orders-us"] }',
  ],
  [
    'topic',
    ['data.region'],
    'topic: must be the name of a topic, for example "events", or { "value": "data.region", "topics": ["orders-eu", "orders-us"] }',
  ],
  [
    'topic',
    { value: 'data.region' },
    'topic.topics: is missing: write a list of the topics that the value may give, for example ["orders-eu", "orders-us"]',
  ],
  [
    'topic',
    { topics: ['a'] },
    'topic.value: is missing: write the mapping value that gives the topic, for example "data.region"',
  ],
  [
    'topic',
    { value: 'a', topics: [] },
    'topic.topics: must be a list of the topics that the value may give, for example ["orders-eu", "orders-us"]',
  ],
  [
    'topic',
    { value: 'a', topics: ['b c'] },
    'topic.topics[0]: "b c" is no topic name: Kafka allows letters (a-z, A-Z), digits, ".", "_" and "-"',
  ],
  [
    'topic',
    { value: 'a', topics: ['b'], prefix: '' },
    'topic.prefix: is empty, and so would allow every topic: write text, for example "orders-"',
  ],
  ['topic', { value: 'a', topics: ['b'], prefixes: 'c' }, 'topic.prefixes: unknown: did you mean "prefix"?'],
  ['clientId', '', 'clientId: is empty: write text, for example "walkeros", or leave it out'],
  ['clientId', 5, 'clientId: must be text, for example "walkeros"'],
  [
    'ssl',
    'true',
    'ssl: must be true, false or an object of tls.ConnectionOptions, for example { "ca": "/etc/kafka/ca.pem" }',
  ],
  [
    'ssl',
    [],
    'ssl: must be true, false or an object of tls.ConnectionOptions, for example { "ca": "/etc/kafka/ca.pem" }',
  ],
  [
    'sasl',
    'plain',
    'sasl: must be an object, for example { "mechanism": "scram-sha-512", "username": "…", "password": "…" }',
  ],
  [
    'sasl',
    {},
    'sasl.mechanism: is missing: write one of "plain", "scram-sha-256", "scram-sha-512", "aws", "oauthbearer"',
  ],
  [
    'sasl',
    { mechanism: 'SCRAM-SHA-512' },
    'sasl.mechanism: "SCRAM-SHA-512" is not one of "plain", "scram-sha-256", "scram-sha-512", "aws", "oauthbearer": did you mean "scram-sha-512"?',
  ],
  [
    'sasl',
    { mechanism: 'plain', username: 'shop', password: '' },
    'sasl.password: is empty: write text, for example "$env.KAFKA_PASSWORD", or leave it out',
  ],
  [
    'sasl',
    { mechanism: 'oauthbearer', oauthBearerProvider: 'token' },
    'sasl.oauthBearerProvider: must be a function that answers { value: "<token>" }',
  ],
  [
    'sasl',
    { mechanism: 'scram-sha-512', credentials: { username: 'shop' } },
    'sasl.credentials: must be a function that answers { username: "<name>", password: "<password>" }',
  ],
  [
    'sasl',
    { mechanism: 'oauthbearer', oauth: 'https://idp' },
    'sasl.oauth: must be an object, for example { "tokenEndpoint": "https://…", "clientId": "…", "clientSecret": "$env.…" }',
  ],
  [
    'sasl',
    { mechanism: 'oauthbearer', oauth: { tokenEndpoint: 'idp/token', clientId: 'a', clientSecret: 'b' } },
    'sasl.oauth.tokenEndpoint: is no address: write it whole, for example "https://idp.example.com/oauth2/token"',
  ],
  [
    'sasl',
    {
      mechanism: 'oauthbearer',
      oauth: { tokenEndpoint: 'https://a:hunter2@idp/token', clientId: 'a', clientSecret: 'b' },
    },
    'sasl.oauth.tokenEndpoint: holds a user name or password ("@"): put those into clientId and clientSecret',
  ],
  [
    'sasl',
    {
      mechanism: 'oauthbearer',
      oauth: { tokenEndpoint: 'https://idp/token', clientId: 'a', clientSecret: 'b', extensions: { a: 1 } },
    },
    'sasl.oauth.extensions.a: must be text',
  ],
  [
    'sasl',
    { mechanism: 'plain', user: 'shop', password: 'x' },
    'sasl.user: unknown setting: known here are mechanism, username, password, credentials, oauth, token, oauthBearerProvider, region, accessKeyId, secretAccessKey, sessionToken, authorizationIdentity',
  ],
  [
    'client',
    'kafka.js',
    'client: "kafka.js" is not one of "platformatic", "kafkajs": did you mean "kafkajs"?',
  ],
  ['client', 'librdkafka', 'client: "librdkafka" is not one of "platformatic", "kafkajs"'],
  ['compression', 4, 'compression: must be one of "none", "gzip", "snappy", "lz4", "zstd"'],
  [
    'compression',
    'GZIP',
    'compression: "GZIP" is not one of "none", "gzip", "snappy", "lz4", "zstd": did you mean "gzip"?',
  ],
  ['connectionTimeout', 0, 'connectionTimeout: must be 1 or more'],
  [
    'requestTimeout',
    '5000',
    'requestTimeout: must be a whole number of milliseconds, not text ($env always gives text: write the value itself)',
  ],
  ['timeout', 1.5, 'timeout: must be a whole number of milliseconds'],
  [
    'timeout',
    2147483648,
    'timeout: must be at most 2147483647 ms (24 days), the longest time a timer can wait',
  ],
  ['acks', 2, 'acks: must be -1 (all in-sync replicas), 1 (leader) or 0 (none), without quotes'],
  ['acks', 'all', 'acks: must be -1 (all in-sync replicas), 1 (leader) or 0 (none), without quotes'],
  [
    'idempotent',
    'true',
    'idempotent: must be true or false, not text ($env always gives text: write the value itself)',
  ],
  ['allowAutoTopicCreation', 1, 'allowAutoTopicCreation: must be true or false'],
  ['key', '', 'key: is empty: write text, for example "user.id", or leave it out'],
  ['headers', [], 'headers: must be an object of texts, for example { "team": "web" }'],
  [
    'headers',
    { 'x-build': 7 },
    'headers["x-build"]: must be text, or a mapping value, for example { "key": "user.id" }',
  ],
  ['retry', 5, 'retry: must be an object, for example { "retries": 5 }'],
  ['retry', { retries: -1 }, 'retry.retries: must be 0 or more'],
  ['retry', { retries: 0.5 }, 'retry.retries: must be a whole number'],
  ['retry', { retrys: 3 }, 'retry.retrys: unknown setting: did you mean "retries"?'],
  ['linger', -1, 'linger: must be 0 or more'],
  ['batchSize', 0, 'batchSize: must be 1 or more'],
  ['bufferMemory', null, 'bufferMemory: must be a whole number of bytes'],
  ['broker', ['kafka1:9092'], 'broker: unknown setting: did you mean "brokers"?'],
  ['retries', 5, 'retries: unknown setting here: it belongs to settings.kafka.retry.retries'],
];

describe('messages of settings.kafka', () => {
  for (const [name, value, message] of kafka) {
    it(message.slice(0, 100), () => {
      assert.deepEqual(problems({ kafka: { [name]: value } }), [`settings.kafka.${message}`]);
    });
  }

  const accepted: [name: string, value: unknown][] = [
    [
      'brokers',
      ['10.0.0.1:9092', '[2001:db8::1]:9092', 'b-1.msk.eu-west-1.amazonaws.com:9098', 'my_broker:65535'],
    ],
    ['topic', 'Shop.events_v1-EU'],
    ['topic', 'x'.repeat(249)],
    ['ssl', { servername: 'kafka1', anythingElse: 1 }],
    ['compression', 'zstd'],
    ['linger', 0],
  ];
  for (const [name, value] of accepted) {
    it(`accepts ${name} ${JSON.stringify(value).slice(0, 60)}`, () => {
      assert.deepEqual(problems({ kafka: { [name]: value } }), []);
    });
  }
});

describe('messages around settings.kafka', () => {
  const whole: [settings: unknown, ...messages: string[]][] = [
    [
      undefined,
      'settings: are missing: write an object, for example { "kafka": { "brokers": ["kafka1:9092"], "topic": "events" } }',
    ],
    [
      'kafka1:9092',
      'settings: must be an object, for example { "kafka": { "brokers": ["kafka1:9092"], "topic": "events" } }',
    ],
    [
      {},
      'settings.kafka: is missing: write an object, for example { "brokers": ["kafka1:9092"], "topic": "events" }',
    ],
    [
      { kafka: null },
      'settings.kafka: must be an object, for example { "brokers": ["kafka1:9092"], "topic": "events" }',
    ],
    [
      { kafka: { brokers: ['a:1'], topic: 'x' }, brokers: ['a:1'] },
      'settings.brokers: unknown setting here: it belongs to settings.kafka.brokers',
    ],
    [
      { kafka: { brokers: ['a:1'], topic: 'x' }, deadletter: { topic: 'dead' } },
      'settings.deadletter: unknown setting: did you mean "deadLetter"?',
    ],
    [
      { kafka: { brokers: ['a:1'], topic: 'x' }, deadLetter: 'dead' },
      'settings.deadLetter: must be an object, for example { "topic": "events-dead" }',
    ],
    [
      { kafka: { brokers: ['a:1'], topic: 'x' }, deadLetter: {} },
      'settings.deadLetter.topic: is missing: write the name of the topic',
    ],
    [
      { kafka: { brokers: ['a:1'], topic: 'x' }, spool: '/var/spool.db' },
      'settings.spool: must be an object, for example { "path": "/var/lib/walkeros/kafka.spool" }',
    ],
    [
      { kafka: { brokers: ['a:1'], topic: 'x' }, telemetry: true },
      'settings.telemetry: must be an object, for example { "traceparent": "ingest.traceparent" }',
    ],
    [
      { kafka: { brokers: ['a:1'], topic: 'x' }, telemetry: { traceparent: true } },
      'settings.telemetry.traceparent: must be text, for example "ingest.traceparent"',
    ],
    [
      { kafka: { brokers: ['a:1'], topic: 'x' }, health: 8090 },
      'settings.health: must be an object, for example { "port": 8090 }',
    ],
    [
      { kafka: { brokers: ['a:1'], topic: 'x' }, health: { port: '8090' } },
      'settings.health.port: must be a whole number, not text ($env always gives text: write the value itself)',
    ],
    [
      { kafka: { brokers: ['a:1'], topic: 'x' }, health: { port: 70_000 } },
      'settings.health.port: must be a port from 1 to 65535',
    ],
    [
      { kafka: { brokers: ['a:1'], topic: 'x' }, health: { port: 8090, host: '' } },
      'settings.health.host: is empty: write text, for example "0.0.0.0", or leave it out',
    ],
  ];
  for (const [settings, ...messages] of whole) {
    it(JSON.stringify(settings) ?? 'undefined', () => {
      assert.deepEqual(problemsOfAll(settings), messages);
    });
  }
});
