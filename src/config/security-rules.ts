import { inClearText } from './clear-text.ts';
import { isMskHost, mskPortProblem, portOf, regionOf } from './msk.ts';
import { rule, type Facts, type Rule } from './rule.ts';

type Sasl = NonNullable<Facts['sasl']>;
type Mechanism = Sasl['mechanism'];

const takesPassword = (sasl: Facts['sasl']): boolean =>
  sasl?.mechanism === 'plain' || sasl?.mechanism.startsWith('scram-') === true;

/** Which of its settings each mechanism reads. */
const passwordSettings = ['username', 'password', 'credentials'] as const;
const settingsOf: Readonly<Record<Mechanism, readonly (keyof Sasl)[]>> = {
  plain: passwordSettings,
  'scram-sha-256': passwordSettings,
  'scram-sha-512': passwordSettings,
  oauthbearer: ['token', 'oauth', 'oauthBearerProvider'],
  aws: ['region', 'accessKeyId', 'secretAccessKey', 'sessionToken', 'authorizationIdentity'],
};

function tokenSources(sasl: Facts['sasl']): (keyof Sasl)[] {
  return settingsOf.oauthbearer.filter((name) => sasl?.[name] !== undefined);
}

function unread(sasl: Facts['sasl']): string[] {
  if (sasl === undefined) return [];
  const read: readonly string[] = ['mechanism', ...settingsOf[sasl.mechanism]];
  return Object.entries(sasl).flatMap(([name, value]) =>
    value === undefined || read.includes(name) ? [] : [name],
  );
}

/** Hosted clusters whose TLS listener has the number that plain ones have elsewhere. */
const tlsOn9092 = /\.(confluent\.cloud|redpanda\.com|redpanda\.cloud|gcp\.goog):9092$/i;

const plainPorts = (brokers: readonly string[]): string[] =>
  brokers.filter((broker) => portOf(broker) === 9092 && !tlsOn9092.test(broker));

export const securityRules: readonly Rule[] = [
  rule({
    path: 'settings.kafka.ssl.rejectUnauthorized',
    severity: 'warning',
    reads: ['ssl'],
    when: ({ ssl }) => typeof ssl === 'object' && ssl.rejectUnauthorized === false,
    say:
      "is false: the broker's certificate is not checked, so anyone on the way can pose as the broker and read " +
      'passwords and events; give the authority that signed it as "ca" instead',
  }),
  rule({
    path: 'settings.kafka.ssl',
    severity: 'warning',
    reads: ['ssl', 'brokers'],
    when: ({ ssl, brokers }) => ssl !== false && plainPorts(brokers).length > 0,
    say: ({ brokers }) =>
      `is on, and ${plainPorts(brokers).join(', ')} has the port that is plain by custom: if the connection fails, ` +
      "take the port of the broker's TLS listener, often 9093 or 9094",
  }),
  rule({
    path: 'settings.kafka.ssl',
    severity: 'warning',
    reads: ['ssl', 'brokers'],
    when: ({ ssl, brokers }) =>
      ssl === false && brokers.some((broker) => isMskHost(broker) && portOf(broker) !== 9092),
    say: 'is off, and of the ports of MSK only 9092 is plain: set ssl to true',
  }),
  rule({
    path: 'settings.kafka.sasl.mechanism',
    severity: 'error',
    reads: ['sasl', 'ssl'],
    when: ({ sasl, ssl }) => sasl?.mechanism === 'aws' && ssl === false,
    say:
      'is "aws" without settings.kafka.ssl: MSK speaks IAM over TLS only, and whoever reads the token on the way can ' +
      'use it; set ssl to true and take the port of IAM (9098)',
  }),
  rule({
    path: 'settings.kafka.brokers',
    severity: 'warning',
    reads: ['sasl', 'brokers'],
    when: ({ sasl, brokers }) => mskPortProblem(sasl?.mechanism, brokers) !== undefined,
    say: ({ sasl, brokers }) => mskPortProblem(sasl?.mechanism, brokers) ?? '',
  }),
  rule({
    path: 'settings.kafka.sasl.region',
    severity: 'error',
    reads: ['sasl', 'brokers', 'environmentRegion'],
    when: (facts) =>
      facts.sasl?.mechanism === 'aws' &&
      facts.sasl.authorizationIdentity === undefined &&
      regionOf(facts) === undefined,
    say:
      'is missing: "aws" signs for one region, which neither the host names of settings.kafka.brokers ' +
      '(….kafka.<region>.amazonaws.com) nor AWS_REGION or AWS_DEFAULT_REGION tell; write it, for example "eu-west-1"',
  }),
  rule({
    path: 'settings.kafka.sasl.secretAccessKey',
    severity: 'error',
    reads: ['sasl'],
    when: ({ sasl }) => sasl?.accessKeyId !== undefined && sasl.secretAccessKey === undefined,
    say: 'is missing beside accessKeyId: set both, or neither to use the AWS credential chain',
  }),
  rule({
    path: 'settings.kafka.sasl.accessKeyId',
    severity: 'error',
    reads: ['sasl'],
    when: ({ sasl }) =>
      sasl?.accessKeyId === undefined &&
      (sasl?.secretAccessKey !== undefined || sasl?.sessionToken !== undefined),
    say: ({ sasl }) =>
      `is missing beside ${sasl?.secretAccessKey === undefined ? 'sessionToken' : 'secretAccessKey'}: set all keys, ` +
      'or none to use the AWS credential chain',
  }),
  rule({
    path: 'settings.kafka.sasl.authorizationIdentity',
    severity: 'error',
    reads: ['sasl', 'client'],
    when: ({ sasl, client }) => sasl?.authorizationIdentity !== undefined && client !== 'kafkajs',
    say:
      "belongs to kafkajs's own mechanism AWS, which @platformatic/kafka does not speak, nor MSK: MSK takes the user or " +
      'role from the keys that sign, so remove it; or set settings.kafka.client to "kafkajs"',
  }),
  rule({
    path: 'settings.kafka.sasl.authorizationIdentity',
    severity: 'error',
    reads: ['sasl', 'client'],
    when: ({ sasl, client }) =>
      client === 'kafkajs' &&
      sasl?.authorizationIdentity !== undefined &&
      sasl.accessKeyId === undefined &&
      sasl.secretAccessKey === undefined,
    say:
      "needs accessKeyId and secretAccessKey: kafkajs's own mechanism AWS sends them, and asks no AWS credential " +
      'chain; for MSK IAM remove authorizationIdentity',
  }),
  rule({
    path: 'settings.kafka.sasl.username',
    severity: 'error',
    reads: ['sasl'],
    when: ({ sasl }) =>
      takesPassword(sasl) && sasl?.username === undefined && sasl?.credentials === undefined,
    say: ({ sasl }) => `is missing: "${sasl?.mechanism}" logs in with username and password`,
  }),
  rule({
    path: 'settings.kafka.sasl.password',
    severity: 'error',
    reads: ['sasl'],
    when: ({ sasl }) =>
      takesPassword(sasl) && sasl?.password === undefined && sasl?.credentials === undefined,
    say: ({ sasl }) => `is missing: "${sasl?.mechanism}" logs in with username and password`,
  }),
  rule({
    path: 'settings.kafka.sasl.credentials',
    severity: 'error',
    reads: ['sasl'],
    when: ({ sasl }) =>
      sasl?.credentials !== undefined && (sasl.username !== undefined || sasl.password !== undefined),
    say: 'stands beside username or password: keep one of them, since only one can log in',
  }),
  rule({
    path: 'settings.kafka.sasl.oauth',
    severity: 'error',
    reads: ['sasl'],
    when: ({ sasl }) => sasl?.mechanism === 'oauthbearer' && tokenSources(sasl).length === 0,
    say: 'is missing: "oauthbearer" needs oauth, which fetches tokens, or a fixed token, or in code an oauthBearerProvider',
  }),
  rule({
    path: 'settings.kafka.sasl',
    severity: 'error',
    reads: ['sasl'],
    when: ({ sasl }) => sasl?.mechanism === 'oauthbearer' && tokenSources(sasl).length > 1,
    say: ({ sasl }) =>
      `holds ${tokenSources(sasl).join(' and ')}: keep one of them, since only one can log in`,
  }),
  rule({
    path: 'settings.kafka.sasl.oauth.tokenEndpoint',
    severity: 'warning',
    reads: ['sasl'],
    when: ({ sasl }) => sasl?.oauth !== undefined && inClearText(sasl.oauth.tokenEndpoint),
    say: 'is http: clientSecret and tokens cross the network in clear text; use https',
  }),
  rule({
    path: 'settings.kafka.sasl',
    severity: 'warning',
    reads: ['sasl'],
    when: ({ sasl }) => unread(sasl).length > 0,
    say: ({ sasl }) =>
      `holds ${unread(sasl).join(', ')}, which "${sasl?.mechanism}" does not read: remove it`,
  }),
  rule({
    path: 'settings.kafka.sasl.mechanism',
    severity: 'warning',
    reads: ['sasl', 'ssl'],
    when: ({ sasl, ssl }) =>
      ssl === false && (sasl?.mechanism === 'plain' || sasl?.mechanism === 'oauthbearer'),
    say: ({ sasl }) =>
      `is "${sasl?.mechanism}" without settings.kafka.ssl: the ${sasl?.mechanism === 'plain' ? 'password' : 'token'} ` +
      'crosses the network in clear text; set ssl to true, or use "scram-sha-512"',
  }),
];
