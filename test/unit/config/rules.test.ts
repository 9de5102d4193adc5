import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { resolveOptions, type ResolveContext } from '../../../src/config/resolve.ts';
import { rules } from '../../../src/config/rules.ts';
import { problems, withKafka } from './problems.ts';

const login = { username: 'shop', password: 'hunter2' };
const tlsPort = 'kafka1:9093';
const msk = (port: number): string => `b-1.shop.a1b2c3.c2.kafka.eu-west-1.amazonaws.com:${port}`;
const oauth = { tokenEndpoint: 'https://idp.example.com/token', clientId: 'shop', clientSecret: 'hunter2' };
const pem = (name: string): string =>
  readFileSync(new URL(`../../contract/tls/${name}.pem`, import.meta.url), 'utf8');
const [certificate, key] = [pem('certificate'), pem('key')];
const aws = { mechanism: 'aws', region: 'eu-west-1' };

const errors: [settings: object, message: string][] = [
  [
    { kafka: { idempotent: true, acks: 1 } },
    'settings.kafka.idempotent: needs settings.kafka.acks -1, which is 1: only records that all in-sync replicas confirm are kept from being stored twice; remove acks, or remove idempotent',
  ],
  [
    { kafka: { sasl: { mechanism: 'plain', password: 'hunter2' }, ssl: true } },
    'settings.kafka.sasl.username: is missing: "plain" logs in with username and password',
  ],
  [
    { kafka: { sasl: { mechanism: 'scram-sha-256', username: 'shop' } } },
    'settings.kafka.sasl.password: is missing: "scram-sha-256" logs in with username and password',
  ],
  [
    { kafka: { sasl: { mechanism: 'oauthbearer', ...login }, ssl: true } },
    'settings.kafka.sasl.oauth: is missing: "oauthbearer" needs oauth, which fetches tokens, or a fixed token, or in code an oauthBearerProvider',
  ],
  [
    {
      kafka: {
        sasl: { mechanism: 'oauthbearer', token: 'x', oauthBearerProvider: () => undefined },
        ssl: true,
      },
    },
    'settings.kafka.sasl: holds token and oauthBearerProvider: keep one of them, since only one can log in',
  ],
  [
    { kafka: { sasl: aws } },
    'settings.kafka.sasl.mechanism: is "aws" without settings.kafka.ssl: MSK speaks IAM over TLS only, and whoever reads the token on the way can use it; set ssl to true and take the port of IAM (9098)',
  ],
  [
    { kafka: { sasl: { mechanism: 'aws' }, ssl: true } },
    'settings.kafka.sasl.region: is missing: "aws" signs for one region, which neither the host names of settings.kafka.brokers (….kafka.<region>.amazonaws.com) nor AWS_REGION or AWS_DEFAULT_REGION tell; write it, for example "eu-west-1"',
  ],
  [
    { kafka: { sasl: { ...aws, accessKeyId: 'AKIA' }, ssl: true } },
    'settings.kafka.sasl.secretAccessKey: is missing beside accessKeyId: set both, or neither to use the AWS credential chain',
  ],
  [
    { kafka: { sasl: { ...aws, secretAccessKey: 'hunter2', sessionToken: 'x' }, ssl: true } },
    'settings.kafka.sasl.accessKeyId: is missing beside secretAccessKey: set all keys, or none to use the AWS credential chain',
  ],
  [
    { kafka: { sasl: { ...aws, sessionToken: 'x' }, ssl: true } },
    'settings.kafka.sasl.accessKeyId: is missing beside sessionToken: set all keys, or none to use the AWS credential chain',
  ],
  [
    { kafka: { sasl: { ...aws, authorizationIdentity: 'AROA' }, ssl: true } },
    'settings.kafka.sasl.authorizationIdentity: belongs to kafkajs\'s own mechanism AWS, which @platformatic/kafka does not speak, nor MSK: MSK takes the user or role from the keys that sign, so remove it; or set settings.kafka.client to "kafkajs"',
  ],
  [
    {
      kafka: {
        client: 'kafkajs',
        sasl: { mechanism: 'aws', authorizationIdentity: 'AROA' },
        ssl: true,
      },
    },
    "settings.kafka.sasl.authorizationIdentity: needs accessKeyId and secretAccessKey: kafkajs's own mechanism AWS sends them, and asks no AWS credential chain; for MSK IAM remove authorizationIdentity",
  ],
  [
    {
      kafka: {
        sasl: { mechanism: 'plain', username: 'shop', credentials: () => undefined },
        ssl: true,
      },
    },
    'settings.kafka.sasl.credentials: stands beside username or password: keep one of them, since only one can log in',
  ],
  [{ health: {} }, 'settings.health: names no port and no socket: set one of them'],
  [
    { health: { port: 8090, socket: '/run/health.sock' } },
    'settings.health: names a port and a socket: set one of them',
  ],
  [
    { health: { socket: '/run/health.sock', host: '0.0.0.0' } },
    'settings.health.host: belongs to a port, and settings.health.socket has none: remove it',
  ],
  [
    { health: { socket: './health.sock' } },
    'settings.health.socket: is "./health.sock", a relative path, and "walkeros run" works in another folder at each start: write an absolute path, for example "/run/walkeros/health.sock"',
  ],
  [
    { spool: { path: './kafka.spool' } },
    'settings.spool.path: is "./kafka.spool", a relative path: "walkeros run" works in another folder at each start, and the commands of walkeros-kafka in a third, so that what the spool holds would not be found again; write an absolute path, for example "/var/lib/walkeros/kafka.spool"',
  ],
  [
    { kafka: { brokers: [tlsPort], ssl: { ca: 'certs/ca.pem' } } },
    'settings.kafka.ssl.ca: is neither PEM text ("-----BEGIN …") nor an absolute path: "walkeros run" works in another folder at each start, where a relative path leads to nothing; write the absolute one',
  ],
  [
    { kafka: { ssl: { ca: '/nowhere/ca.pem' } } },
    'settings.kafka.ssl.ca: is neither PEM text ("-----BEGIN …") nor the path of a file that can be read (ENOENT)',
  ],
  [
    { kafka: { ssl: { cert: certificate } } },
    'settings.kafka.ssl.key: is missing beside cert: a client certificate needs its private key',
  ],
  [
    { kafka: { ssl: { key } } },
    'settings.kafka.ssl.cert: is missing beside key: a private key needs its certificate',
  ],
  [
    { kafka: { batchSize: 2000, bufferMemory: 1999 } },
    'settings.kafka.batchSize: is 2000, more than settings.kafka.bufferMemory (1999): no request could ever be full; raise bufferMemory or lower batchSize',
  ],
  [
    { kafka: { linger: 30000 } },
    'settings.kafka.linger: is 30000 ms, no less than deliveryTimeout (30000 ms): every push would fail before it is sent; lower linger',
  ],
  // With a spool records go to the disk a second before their deadline: between the two, all went there unsent.
  [
    { kafka: { linger: 7000 }, spool: { path: '/var/lib/walkeros/kafka.spool' } },
    'settings.kafka.linger: is 7000 ms, no less than the 7000 ms after which records go to settings.spool (deliveryTimeout, 8000 ms, less the time for the disk): all of them would go there before they are sent; lower linger',
  ],
  [
    {
      kafka: { linger: 1750, deliveryTimeout: 2000 },
      spool: { path: '/var/lib/walkeros/kafka.spool' },
    },
    'settings.kafka.linger: is 1750 ms, no less than the 1750 ms after which records go to settings.spool (deliveryTimeout, 2000 ms, less the time for the disk): all of them would go there before they are sent; lower linger',
  ],
  [
    { kafka: { retry: { initialRetryTime: 501, maxRetryTime: 500 } } },
    'settings.kafka.retry.initialRetryTime: is 501 ms, more than maxRetryTime (500 ms), the longest pause: lower it or raise maxRetryTime',
  ],
  [
    { kafka: { topic: { value: 'data.region', topics: ['eu', 'dead'] } }, deadLetter: { topic: 'dead' } },
    'settings.deadLetter.topic: is "dead", which is one of settings.kafka.topic, which has just refused the record: name another topic',
  ],
  [
    { kafka: { topic: { value: 'data.region', topics: ['eu'], prefix: 'x' }, allowAutoTopicCreation: true } },
    'settings.kafka.topic.prefix: and allowAutoTopicCreation together let an event create any number of topics: remove one of them',
  ],
  [
    { deadLetter: { topic: 'events' } },
    'settings.deadLetter.topic: is "events", the same as settings.kafka.topic, which has just refused the record: name another topic',
  ],
];

const warnings: [settings: object, message: string, context?: ResolveContext][] = [
  [
    { kafka: { clientId: 'my shop' } },
    'settings.kafka.clientId: holds a space, for which the platformatic client sends "-": quotas and logs of the brokers show that name',
  ],
  [
    { kafka: { brokers: [tlsPort], ssl: { rejectUnauthorized: false } } },
    'settings.kafka.ssl.rejectUnauthorized: is false: the broker\'s certificate is not checked, so anyone on the way can pose as the broker and read passwords and events; give the authority that signed it as "ca" instead',
  ],
  [
    { kafka: { brokers: ['kafka1:9092', tlsPort], ssl: true } },
    "settings.kafka.ssl: is on, and kafka1:9092 has the port that is plain by custom: if the connection fails, take the port of the broker's TLS listener, often 9093 or 9094",
  ],
  [
    { kafka: { brokers: [msk(9094)] } },
    'settings.kafka.ssl: is off, and of the ports of MSK only 9092 is plain: set ssl to true',
  ],
  [
    { kafka: { brokers: [msk(9096)], ssl: true, sasl: { mechanism: 'aws' } } },
    'settings.kafka.brokers: hold b-1.shop.a1b2c3.c2.kafka.eu-west-1.amazonaws.com:9096: MSK takes "aws" on port 9098, from outside its network on 9198, and hangs up on others',
  ],
  [
    { kafka: { brokers: [msk(9098)], ssl: true, sasl: { mechanism: 'scram-sha-512', ...login } } },
    'settings.kafka.brokers: hold b-1.shop.a1b2c3.c2.kafka.eu-west-1.amazonaws.com:9098: MSK takes "scram-sha-512" on port 9096, from outside its network on 9196, and hangs up on others',
  ],
  [
    {
      kafka: {
        brokers: [tlsPort],
        ssl: true,
        sasl: {
          mechanism: 'oauthbearer',
          oauth: { ...oauth, tokenEndpoint: 'http://idp.example.com/token' },
        },
      },
    },
    'settings.kafka.sasl.oauth.tokenEndpoint: is http: clientSecret and tokens cross the network in clear text; use https',
  ],
  [
    { kafka: { sasl: { mechanism: 'scram-sha-512', ...login, token: 'x', region: 'eu-west-1' } } },
    'settings.kafka.sasl: holds token, region, which "scram-sha-512" does not read: remove it',
  ],
  [
    { kafka: { sasl: { mechanism: 'plain', ...login } } },
    'settings.kafka.sasl.mechanism: is "plain" without settings.kafka.ssl: the password crosses the network in clear text; set ssl to true, or use "scram-sha-512"',
  ],
  [
    { kafka: { sasl: { mechanism: 'oauthbearer', token: 'hunter2' } } },
    'settings.kafka.sasl.mechanism: is "oauthbearer" without settings.kafka.ssl: the token crosses the network in clear text; set ssl to true, or use "scram-sha-512"',
  ],
  [
    { kafka: { retry: { initialRetryTime: 30000 } } },
    'settings.kafka.retry.initialRetryTime: is 30000 ms, no less than deliveryTimeout (30000 ms): a push fails before its first retry; lower initialRetryTime',
  ],
  [
    { kafka: { connectionTimeout: 30000 } },
    'settings.kafka.connectionTimeout: is 30000 ms, no less than deliveryTimeout (30000 ms): one broker that does not answer takes up the whole push, and no other is tried; lower connectionTimeout',
  ],
  [
    { value: { format: 'avro', registry: { url: 'http://registry', timeout: 30000 } } },
    'settings.value.registry.timeout: is 30000 ms, no less than deliveryTimeout (30000 ms): one look-up without an answer takes up the whole push; lower timeout',
  ],
  [
    { kafka: { requestTimeout: 2500 } },
    'settings.kafka.requestTimeout: is 2500 ms: a request is given up and sent again while the broker may still store it, which makes duplicates; raise requestTimeout to 18750 ms or more',
  ],
  [
    { kafka: { deliveryTimeout: 10000 } },
    "settings.kafka.deliveryTimeout: is 10000 ms, no less than the destination's config.timeout (10000 ms), at which the collector counts a push as failed: pushes settle after 8000 ms instead; lower deliveryTimeout, or raise or remove config.timeout",
    { timeout: 10000 },
  ],
  [
    {},
    'timeout: is no number of milliseconds ($env always gives text), so that the collector ignores it: it waits 37500 ms for a push; write the number itself, or remove timeout',
    { timeout: '5000' },
  ],
  [
    { kafka: { acks: 0 }, deadLetter: { topic: 'dead' } },
    'settings.deadLetter: has no effect with settings.kafka.acks 0: the broker sends no answer, so a refused record is never seen and is lost; use acks -1 or 1',
  ],
  [
    { kafka: { acks: 0 }, spool: { path: '/var/spool.db' } },
    'settings.spool: keeps little with settings.kafka.acks 0: a record counts as delivered once it is handed to the socket, and what is lost after that is in no spool; use acks -1',
  ],
  [
    { kafka: { bufferMemory: 5000, batchSize: 5000 }, spool: { path: '/var/spool.db', maxBytes: 4999 } },
    'settings.spool.maxBytes: is 4999, less than settings.kafka.bufferMemory (5000): what waits in memory when an outage begins does not fit, and its pushes fail; raise maxBytes',
  ],
];

const fine: [settings: object, context?: ResolveContext][] = [
  [{ kafka: { idempotent: true } }],
  [{ kafka: { acks: 0 } }],
  [{ kafka: { clientId: 'my shop', client: 'kafkajs' } }],
  [{ kafka: { brokers: [tlsPort], ssl: { rejectUnauthorized: true } } }],
  [{ kafka: { brokers: [tlsPort], ssl: { cert: certificate, key } } }],
  [{ kafka: { brokers: [tlsPort], ssl: true, sasl: { mechanism: 'plain', ...login } } }],
  [
    {
      kafka: {
        brokers: ['pkc-1a2b3.eu-central-1.aws.confluent.cloud:9092'],
        ssl: true,
        sasl: { mechanism: 'oauthbearer', oauth },
      },
    },
  ],
  [{ kafka: { brokers: [msk(9096)], ssl: true, sasl: { mechanism: 'scram-sha-512', ...login } } }],
  [{ kafka: { brokers: [msk(9198)], ssl: true, sasl: { mechanism: 'aws' } } }],
  [{ kafka: { sasl: { mechanism: 'scram-sha-256', credentials: () => undefined } } }],
  [
    {
      kafka: {
        brokers: [tlsPort],
        client: 'kafkajs',
        ssl: true,
        sasl: {
          mechanism: 'aws',
          authorizationIdentity: 'AROA',
          accessKeyId: 'AKIA',
          secretAccessKey: 'x',
        },
      },
    },
    { environment: {} },
  ],
  [{ kafka: { sasl: { mechanism: 'scram-sha-512', ...login } } }],
  [
    {
      kafka: {
        brokers: [tlsPort],
        ssl: {},
        sasl: { mechanism: 'oauthbearer', oauthBearerProvider: () => undefined },
      },
    },
  ],
  [{ kafka: { brokers: [tlsPort], ssl: true, sasl: aws } }],
  [
    {
      kafka: {
        brokers: [tlsPort],
        ssl: true,
        sasl: { ...aws, accessKeyId: 'AKIA', secretAccessKey: 'x', sessionToken: 'y' },
      },
    },
  ],
  [{ kafka: { batchSize: 2000, bufferMemory: 2000 } }],
  [{ kafka: { retry: { initialRetryTime: 500, maxRetryTime: 500 } } }],
  [{ kafka: { retry: { initialRetryTime: 9000, retries: 0 } } }],
  [{ kafka: { requestTimeout: 2500, timeout: 2500 } }],
  [{ kafka: { requestTimeout: 2500, deliveryTimeout: 2500 } }],
  [{ kafka: { deliveryTimeout: 12000, requestTimeout: 12000 } }, { timeout: 12001 }],
  [{ kafka: { deliveryTimeout: 60000 } }],
  [{}, { timeout: 0 }],
  [{}, { timeout: 5000 }],
  [{}, { timeout: Infinity }],
  [{ deadLetter: { topic: 'events-dead' } }],
  [{ spool: { path: '/var/spool.db', mode: 'always', maxBytes: 33554432 } }],
];

describe('rules that are errors', () => {
  for (const [settings, message] of errors) {
    it(message.slice(0, 100), () => assert.deepEqual(problems(settings, { environment: {} }), [message]));
  }
});

/** A flow of `walkeros run` kept three events in a temporary folder, and nobody found them again. */
describe('a relative path of the spool', () => {
  it('is refused with the one that it has where the command was started', () => {
    const settings = { spool: { path: './kafka.spool' } };
    const [problem = ''] = problems(settings, { environment: { PWD: '/home/shop' } });
    assert.match(problem, /write an absolute path, for example "\/home\/shop\/kafka\.spool"$/);
  });
});

describe('rules that are warnings', () => {
  for (const [settings, message, context] of warnings) {
    it(message.slice(0, 100), () => {
      assert.deepEqual(resolveOptions(withKafka(settings), context).warnings, [message]);
    });
  }
});

describe('settings that no rule minds', () => {
  for (const [settings, context] of fine) {
    it(JSON.stringify([settings, context]), () => {
      assert.deepEqual(resolveOptions(withKafka(settings), context).warnings, []);
    });
  }
});

it('every rule has a row above', () => {
  const rows = { error: errors, warning: warnings };
  for (const { path, severity } of rules) {
    const siblings = rules.filter((rule) => rule.path === path && rule.severity === severity);
    const own = rows[severity].filter(([, message]) => message.startsWith(`${path}: `));
    assert.ok(own.length >= siblings.length, `${severity} for ${path}: ${own.length} rows`);
  }
});
