import { isAbsolute, resolve } from 'node:path';
import { marginOf } from '../producer/spooled-records.ts';
import { admits, type TopicSetting } from '../record/settings.ts';
import { parseAddress } from '../model/cluster.ts';
import { isMskHost, mskPortProblem, regionOf } from './msk.ts';
import type { Problem } from './problems.ts';
import { endpointInClearText, inClearText } from './registry-facts.ts';
import type { ParsedSettings } from './schema.ts';
import { requestShare } from './timeouts.ts';

/** All that rules may read: the parsed settings, the limits of one push, and AWS_REGION and PWD. */
export type Facts = ParsedSettings['kafka'] &
  Pick<ParsedSettings, 'deadLetter' | 'value' | 'spool' | 'health'> & {
    /** `deliveryTimeout` as the user has written it; the setting itself is what it takes effect as. */
    writtenDeliveryTimeout: number | undefined;
    /** What the collector takes as its limit for one push, in ms. */
    collectorTimeout: number;
    /** `config.timeout` as the user has written it. */
    writtenCollectorTimeout: unknown;
    environmentRegion: string | undefined;
    /** Where the command was started: `walkeros run` changes the working folder, and leaves PWD as it was. */
    startFolder: string | undefined;
  };

/**
 * What settings must hold together, where no single one is wrong by itself. An error keeps the destination from starting; a
 * warning is logged at each start.
 */
interface Rule {
  readonly severity: 'error' | 'warning';
  readonly path: string;
  /** Says what to change, and what harm it does as it is; nothing where all is well. */
  readonly check: (facts: Facts) => string | false | undefined;
}

const error = (path: string, check: Rule['check']): Rule => ({ severity: 'error', path, check });
const warning = (path: string, check: Rule['check']): Rule => ({ severity: 'warning', path, check });

/** A time that has to end before a push does. */
function beyondDelivery(
  make: typeof error,
  path: string,
  timeOf: (facts: Facts) => number,
  harm: string,
): Rule {
  return make(path, (facts) => {
    const time = timeOf(facts);
    return (
      time >= facts.deliveryTimeout &&
      `is ${time} ms, no less than deliveryTimeout (${facts.deliveryTimeout} ms): ${harm}`
    );
  });
}

/** @param known the settings that could be parsed; a rule that reads any other says nothing */
export function brokenRules(severity: Rule['severity'], known: Partial<Facts>): Problem[] {
  const facts = new Proxy(known, {
    get(target, name) {
      if (name in target) return Reflect.get(target, name) as unknown;
      throw unknownFact;
    },
  }) as Facts;
  return rules.flatMap((rule) => {
    if (rule.severity !== severity) return [];
    try {
      const say = rule.check(facts);
      return say ? [{ path: rule.path, say }] : [];
    } catch (thrown) {
      if (thrown === unknownFact) return [];
      throw thrown;
    }
  });
}

/** Said of a `prefix`, in the settings and in a mapping rule. */
export const createsTopics =
  'and allowAutoTopicCreation together let an event create any number of topics: remove one of them';

export function prefixOf(topic: TopicSetting): string | undefined {
  return typeof topic === 'string' ? undefined : topic.prefix;
}

const unknownFact = new Error('a setting that could not be parsed');

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
  brokers.filter((broker) => parseAddress(broker).port === 9092 && !tlsOn9092.test(broker));

const securityRules: readonly Rule[] = [
  warning(
    'settings.kafka.ssl.rejectUnauthorized',
    ({ ssl }) =>
      typeof ssl === 'object' &&
      ssl.rejectUnauthorized === false &&
      "is false: the broker's certificate is not checked, so anyone on the way can pose as the broker and read " +
        'passwords and events; give the authority that signed it as "ca" instead',
  ),
  warning(
    'settings.kafka.ssl',
    ({ ssl, brokers }) =>
      ssl !== false &&
      plainPorts(brokers).length > 0 &&
      `is on, and ${plainPorts(brokers).join(', ')} has the port that is plain by custom: if the connection fails, ` +
        "take the port of the broker's TLS listener, often 9093 or 9094",
  ),
  warning(
    'settings.kafka.ssl',
    ({ ssl, brokers }) =>
      ssl === false &&
      brokers.some((broker) => isMskHost(broker) && parseAddress(broker).port !== 9092) &&
      'is off, and of the ports of MSK only 9092 is plain: set ssl to true',
  ),
  error(
    'settings.kafka.sasl.mechanism',
    ({ sasl, ssl }) =>
      sasl?.mechanism === 'aws' &&
      ssl === false &&
      'is "aws" without settings.kafka.ssl: MSK speaks IAM over TLS only, and whoever reads the token on the way can ' +
        'use it; set ssl to true and take the port of IAM (9098)',
  ),
  warning('settings.kafka.brokers', ({ sasl, brokers }) => mskPortProblem(sasl?.mechanism, brokers)),
  error(
    'settings.kafka.sasl.region',
    ({ sasl, brokers, environmentRegion }) =>
      sasl?.mechanism === 'aws' &&
      sasl.authorizationIdentity === undefined &&
      regionOf(sasl.region, brokers, environmentRegion) === undefined &&
      'is missing: "aws" signs for one region, which neither the host names of settings.kafka.brokers ' +
        '(….kafka.<region>.amazonaws.com) nor AWS_REGION or AWS_DEFAULT_REGION tell; write it, for example "eu-west-1"',
  ),
  error(
    'settings.kafka.sasl.secretAccessKey',
    ({ sasl }) =>
      sasl?.accessKeyId !== undefined &&
      sasl.secretAccessKey === undefined &&
      'is missing beside accessKeyId: set both, or neither to use the AWS credential chain',
  ),
  error(
    'settings.kafka.sasl.accessKeyId',
    ({ sasl }) =>
      sasl?.accessKeyId === undefined &&
      (sasl?.secretAccessKey !== undefined || sasl?.sessionToken !== undefined) &&
      `is missing beside ${sasl?.secretAccessKey === undefined ? 'sessionToken' : 'secretAccessKey'}: set all keys, ` +
        'or none to use the AWS credential chain',
  ),
  error(
    'settings.kafka.sasl.authorizationIdentity',
    ({ sasl, client }) =>
      sasl?.authorizationIdentity !== undefined &&
      client !== 'kafkajs' &&
      "belongs to kafkajs's own mechanism AWS, which @platformatic/kafka does not speak, nor MSK: MSK takes the user or " +
        'role from the keys that sign, so remove it; or set settings.kafka.client to "kafkajs"',
  ),
  error(
    'settings.kafka.sasl.authorizationIdentity',
    ({ sasl, client }) =>
      client === 'kafkajs' &&
      sasl?.authorizationIdentity !== undefined &&
      sasl.accessKeyId === undefined &&
      sasl.secretAccessKey === undefined &&
      "needs accessKeyId and secretAccessKey: kafkajs's own mechanism AWS sends them, and asks no AWS credential " +
        'chain; for MSK IAM remove authorizationIdentity',
  ),
  ...(['username', 'password'] as const).map((name) =>
    error(
      `settings.kafka.sasl.${name}`,
      ({ sasl }) =>
        takesPassword(sasl) &&
        sasl?.[name] === undefined &&
        sasl?.credentials === undefined &&
        `is missing: "${sasl?.mechanism}" logs in with username and password`,
    ),
  ),
  error(
    'settings.kafka.sasl.credentials',
    ({ sasl }) =>
      sasl?.credentials !== undefined &&
      (sasl.username !== undefined || sasl.password !== undefined) &&
      'stands beside username or password: keep one of them, since only one can log in',
  ),
  error(
    'settings.kafka.sasl.oauth',
    ({ sasl }) =>
      sasl?.mechanism === 'oauthbearer' &&
      tokenSources(sasl).length === 0 &&
      'is missing: "oauthbearer" needs oauth, which fetches tokens, or a fixed token, or in code an oauthBearerProvider',
  ),
  error(
    'settings.kafka.sasl',
    ({ sasl }) =>
      sasl?.mechanism === 'oauthbearer' &&
      tokenSources(sasl).length > 1 &&
      `holds ${tokenSources(sasl).join(' and ')}: keep one of them, since only one can log in`,
  ),
  warning(
    'settings.kafka.sasl.oauth.tokenEndpoint',
    ({ sasl }) => sasl?.oauth !== undefined && inClearText(sasl.oauth.tokenEndpoint) && endpointInClearText,
  ),
  warning(
    'settings.kafka.sasl',
    ({ sasl }) =>
      unread(sasl).length > 0 &&
      `holds ${unread(sasl).join(', ')}, which "${sasl?.mechanism}" does not read: remove it`,
  ),
  warning(
    'settings.kafka.sasl.mechanism',
    ({ sasl, ssl }) =>
      ssl === false &&
      (sasl?.mechanism === 'plain' || sasl?.mechanism === 'oauthbearer') &&
      `is "${sasl?.mechanism}" without settings.kafka.ssl: the ${sasl?.mechanism === 'plain' ? 'password' : 'token'} ` +
        'crosses the network in clear text; set ssl to true, or use "scram-sha-512"',
  ),
];

export const rules: readonly Rule[] = [
  warning(
    'settings.kafka.clientId',
    ({ clientId, client }) =>
      client === 'platformatic' &&
      /\s/.test(clientId) &&
      'holds a space, for which the platformatic client sends "-": quotas and logs of the brokers show that name',
  ),
  ...securityRules,
  error(
    'settings.kafka.idempotent',
    ({ idempotent, acks }) =>
      idempotent &&
      acks !== -1 &&
      `needs settings.kafka.acks -1, which is ${acks}: only records that all in-sync replicas confirm are kept ` +
        'from being stored twice; remove acks, or remove idempotent',
  ),
  error(
    'settings.kafka.batchSize',
    ({ batchSize, bufferMemory }) =>
      bufferMemory < batchSize &&
      `is ${batchSize}, more than settings.kafka.bufferMemory (${bufferMemory}): no request could ever be full; ` +
        'raise bufferMemory or lower batchSize',
  ),
  beyondDelivery(
    error,
    'settings.kafka.linger',
    ({ linger }) => linger,
    'every push would fail before it is sent; lower linger',
  ),
  error(
    'settings.kafka.linger',
    ({ linger, deliveryTimeout, spool }) =>
      spool !== undefined &&
      linger < deliveryTimeout &&
      linger >= deliveryTimeout - marginOf(deliveryTimeout) &&
      `is ${linger} ms, no less than the ${deliveryTimeout - marginOf(deliveryTimeout)} ms after which records go to ` +
        `settings.spool (deliveryTimeout, ${deliveryTimeout} ms, less the time for the disk): all of them ` +
        'would go there before they are sent; lower linger',
  ),
  error(
    'settings.kafka.retry.initialRetryTime',
    ({ retry }) =>
      retry.initialRetryTime > retry.maxRetryTime &&
      `is ${retry.initialRetryTime} ms, more than maxRetryTime (${retry.maxRetryTime} ms), the longest pause: ` +
        'lower it or raise maxRetryTime',
  ),
  beyondDelivery(
    warning,
    'settings.kafka.retry.initialRetryTime',
    ({ retry }) => (retry.retries > 0 ? retry.initialRetryTime : 0),
    'a push fails before its first retry; lower initialRetryTime',
  ),
  beyondDelivery(
    warning,
    'settings.kafka.connectionTimeout',
    ({ connectionTimeout }) => connectionTimeout,
    'one broker that does not answer takes up the whole push, and no other is tried; lower connectionTimeout',
  ),
  warning(
    'settings.kafka.requestTimeout',
    ({ requestTimeout, timeout, deliveryTimeout }) =>
      requestTimeout < Math.min(timeout, deliveryTimeout * requestShare) &&
      `is ${requestTimeout} ms: a request is given up and sent again while the broker may still store it, which ` +
        `makes duplicates; raise requestTimeout to ${Math.min(timeout, deliveryTimeout * requestShare)} ms or more`,
  ),
  warning(
    'settings.kafka.deliveryTimeout',
    ({ deliveryTimeout, writtenDeliveryTimeout: written = deliveryTimeout, collectorTimeout }) =>
      written > deliveryTimeout &&
      `is ${written} ms, no less than the destination's config.timeout (${collectorTimeout} ms), at which the collector ` +
        `counts a push as failed: pushes settle after ${deliveryTimeout} ms instead; lower deliveryTimeout, or raise or ` +
        'remove config.timeout',
  ),
  warning(
    'timeout',
    ({ writtenCollectorTimeout: written, collectorTimeout }) =>
      written !== undefined &&
      !(typeof written === 'number' && written >= 0) &&
      'is no number of milliseconds ($env always gives text), so that the collector ignores it: it waits ' +
        `${collectorTimeout} ms for a push; write the number itself, or remove timeout`,
  ),
  beyondDelivery(
    warning,
    'settings.value.registry.timeout',
    ({ value }) => value.registry?.timeout ?? 0,
    'one look-up without an answer takes up the whole push; lower timeout',
  ),
  error(
    'settings.deadLetter.topic',
    ({ deadLetter, topic }) =>
      deadLetter !== undefined &&
      admits(topic, deadLetter.topic) &&
      `is "${deadLetter.topic}", ${typeof topic === 'string' ? 'the same as' : 'which is one of'} settings.kafka.topic, ` +
        'which has just refused the record: name another topic',
  ),
  error(
    'settings.kafka.topic.prefix',
    ({ topic, allowAutoTopicCreation }) =>
      allowAutoTopicCreation && prefixOf(topic) !== undefined && createsTopics,
  ),
  warning(
    'settings.deadLetter',
    ({ deadLetter, acks }) =>
      deadLetter !== undefined &&
      acks === 0 &&
      'has no effect with settings.kafka.acks 0: the broker sends no answer, so a refused record is never seen and ' +
        'is lost; use acks -1 or 1',
  ),
  error(
    'settings.spool.path',
    ({ spool, startFolder }) =>
      spool !== undefined &&
      !isAbsolute(spool.path) &&
      `is "${spool?.path}", a relative path: "walkeros run" works in another folder at each start, and the commands of ` +
        'walkeros-kafka in a third, so that what the spool holds would not be found again; write an absolute path, for ' +
        `example "${resolve(startFolder ?? '/var/lib/walkeros', spool?.path ?? '')}"`,
  ),
  warning(
    'settings.spool',
    ({ spool, acks }) =>
      spool !== undefined &&
      acks === 0 &&
      'keeps little with settings.kafka.acks 0: a record counts as delivered once it is handed to the socket, and ' +
        'what is lost after that is in no spool; use acks -1',
  ),
  warning(
    'settings.spool.maxBytes',
    ({ spool, bufferMemory }) =>
      spool !== undefined &&
      spool.maxBytes < bufferMemory &&
      `is ${spool?.maxBytes}, less than settings.kafka.bufferMemory (${bufferMemory}): what waits in memory when an ` +
        'outage begins does not fit, and its pushes fail; raise maxBytes',
  ),
  error(
    'settings.health',
    ({ health }) =>
      health !== undefined &&
      (health.port === undefined) === (health.socket === undefined) &&
      `${health.port === undefined ? 'names no port and no socket' : 'names a port and a socket'}: set one of them`,
  ),
  error(
    'settings.health.host',
    ({ health }) =>
      health?.host !== undefined &&
      health.socket !== undefined &&
      'belongs to a port, and settings.health.socket has none: remove it',
  ),
  error(
    'settings.health.socket',
    ({ health }) =>
      health?.socket !== undefined &&
      !isAbsolute(health.socket) &&
      `is "${health.socket}", a relative path, and "walkeros run" works in another folder at each start: write an absolute ` +
        'path, for example "/run/walkeros/health.sock"',
  ),
];
