import { regionOf } from './msk-region.ts';
import { requestShare } from './options.ts';
import type { Problem } from './problems.ts';
import type { ParsedSettings } from './schema.ts';

/**
 * What settings must hold together, where no single one is wrong by itself. Each sentence says what to change and
 * what harm it does as it is. An error keeps the destination from starting; a warning is logged at each start.
 */
export interface Rule {
  readonly path: string;
  readonly severity: 'error' | 'warning';
  /** The problem, or undefined where all is well or where a setting it reads could not be parsed. */
  check(known: Partial<Facts>): Problem | undefined;
}

/** All that rules may read: the parsed settings, the collector's own limit for one push, and AWS_REGION. */
export type Facts = ParsedSettings['kafka'] & {
  deadLetter: ParsedSettings['deadLetter'];
  spool: ParsedSettings['spool'];
  collectorTimeout: number;
  environmentRegion: string | undefined;
};

interface RuleText<K extends keyof Facts> {
  path: string;
  severity: 'error' | 'warning';
  reads: readonly K[];
  when: (facts: Pick<Facts, K>) => boolean;
  say: string | ((facts: Pick<Facts, K>) => string);
}

function rule<const K extends keyof Facts>({ path, severity, reads, when, say }: RuleText<K>): Rule {
  const holdsAll = (known: Partial<Facts>): known is Partial<Facts> & Pick<Facts, K> =>
    reads.every((name) => name in known);
  return {
    path,
    severity,
    check(known) {
      if (!holdsAll(known) || !when(known)) return undefined;
      return { path, say: typeof say === 'string' ? say : say(known) };
    },
  };
}

type Sasl = Facts['sasl'];
const takesPassword = (sasl: Sasl) =>
  sasl?.mechanism === 'plain' || sasl?.mechanism.startsWith('scram-') === true;

export const rules: readonly Rule[] = [
  rule({
    path: 'settings.kafka.clientId',
    severity: 'warning',
    reads: ['clientId', 'client'],
    when: ({ clientId, client }) => client === 'platformatic' && /\s/.test(clientId),
    say: 'holds a space, for which the platformatic client sends "-": quotas and logs of the brokers show that name',
  }),
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
    path: 'settings.kafka.sasl.mechanism',
    severity: 'error',
    reads: ['sasl', 'ssl'],
    when: ({ sasl, ssl }) => sasl?.mechanism === 'aws' && ssl === false,
    say:
      'is "aws" without settings.kafka.ssl: MSK speaks IAM over TLS only, and whoever reads the token on the way can ' +
      'use it; set ssl to true and take the port of IAM (9098)',
  }),
  rule({
    path: 'settings.kafka.sasl.region',
    severity: 'error',
    reads: ['sasl', 'brokers', 'environmentRegion'],
    when: (facts) => facts.sasl?.mechanism === 'aws' && regionOf(facts) === undefined,
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
    reads: ['sasl'],
    when: ({ sasl }) => sasl?.authorizationIdentity !== undefined,
    say:
      "is of no use: it belonged to kafkajs's own AWS mechanism, which MSK does not speak; MSK takes the user or role " +
      'from the keys that sign, so remove it',
  }),
  rule({
    path: 'settings.kafka.sasl.username',
    severity: 'error',
    reads: ['sasl'],
    when: ({ sasl }) => takesPassword(sasl) && sasl?.username === undefined,
    say: ({ sasl }) => `is missing: "${sasl?.mechanism}" logs in with username and password`,
  }),
  rule({
    path: 'settings.kafka.sasl.password',
    severity: 'error',
    reads: ['sasl'],
    when: ({ sasl }) => takesPassword(sasl) && sasl?.password === undefined,
    say: ({ sasl }) => `is missing: "${sasl?.mechanism}" logs in with username and password`,
  }),
  rule({
    path: 'settings.kafka.sasl.token',
    severity: 'error',
    reads: ['sasl'],
    when: ({ sasl }) =>
      sasl?.mechanism === 'oauthbearer' && sasl.token === undefined && sasl.oauthBearerProvider === undefined,
    say: 'is missing: "oauthbearer" needs a token, or in code an oauthBearerProvider that fetches one',
  }),
  rule({
    path: 'settings.kafka.sasl.token',
    severity: 'error',
    reads: ['sasl'],
    when: ({ sasl }) =>
      sasl?.mechanism === 'oauthbearer' && sasl.token !== undefined && sasl.oauthBearerProvider !== undefined,
    say: 'stands beside oauthBearerProvider: keep one of them, since only one can log in',
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
  rule({
    path: 'settings.kafka.idempotent',
    severity: 'error',
    reads: ['idempotent', 'acks'],
    when: ({ idempotent, acks }) => idempotent && acks !== -1,
    say: ({ acks }) =>
      `needs settings.kafka.acks -1, which is ${acks}: only records that all in-sync replicas confirm are kept ` +
      'from being stored twice; remove acks, or remove idempotent',
  }),
  rule({
    path: 'settings.kafka.batchSize',
    severity: 'error',
    reads: ['batchSize', 'bufferMemory'],
    when: ({ batchSize, bufferMemory }) => bufferMemory < batchSize,
    say: ({ batchSize, bufferMemory }) =>
      `is ${batchSize}, more than settings.kafka.bufferMemory (${bufferMemory}): no request could ever be full; ` +
      'raise bufferMemory or lower batchSize',
  }),
  rule({
    path: 'settings.kafka.linger',
    severity: 'error',
    reads: ['linger', 'deliveryTimeout'],
    when: ({ linger, deliveryTimeout }) => linger >= deliveryTimeout,
    say: ({ linger, deliveryTimeout }) =>
      `is ${linger} ms, no less than settings.kafka.deliveryTimeout (${deliveryTimeout} ms): every push would fail ` +
      'before it is sent; lower linger',
  }),
  rule({
    path: 'settings.kafka.retry.initialRetryTime',
    severity: 'error',
    reads: ['retry'],
    when: ({ retry }) => retry.initialRetryTime > retry.maxRetryTime,
    say: ({ retry }) =>
      `is ${retry.initialRetryTime} ms, more than maxRetryTime (${retry.maxRetryTime} ms), the longest pause: ` +
      'lower it or raise maxRetryTime',
  }),
  rule({
    path: 'settings.kafka.retry.initialRetryTime',
    severity: 'warning',
    reads: ['retry', 'deliveryTimeout'],
    when: ({ retry, deliveryTimeout }) => retry.retries > 0 && retry.initialRetryTime >= deliveryTimeout,
    say: ({ retry, deliveryTimeout }) =>
      `is ${retry.initialRetryTime} ms, no less than settings.kafka.deliveryTimeout (${deliveryTimeout} ms): a push ` +
      'fails before its first retry; lower initialRetryTime',
  }),
  rule({
    path: 'settings.kafka.connectionTimeout',
    severity: 'warning',
    reads: ['connectionTimeout', 'deliveryTimeout'],
    when: ({ connectionTimeout, deliveryTimeout }) => connectionTimeout >= deliveryTimeout,
    say: ({ connectionTimeout, deliveryTimeout }) =>
      `is ${connectionTimeout} ms, no less than settings.kafka.deliveryTimeout (${deliveryTimeout} ms): one broker ` +
      'that does not answer takes up the whole push, and no other is tried; lower connectionTimeout',
  }),
  rule({
    path: 'settings.kafka.requestTimeout',
    severity: 'warning',
    reads: ['requestTimeout', 'timeout', 'deliveryTimeout'],
    when: ({ requestTimeout, timeout, deliveryTimeout }) =>
      requestTimeout < Math.min(timeout, deliveryTimeout * requestShare),
    say: ({ requestTimeout, timeout, deliveryTimeout }) =>
      `is ${requestTimeout} ms: a request is given up and sent again while the broker may still store it, which ` +
      `makes duplicates; raise requestTimeout to ${Math.min(timeout, deliveryTimeout * requestShare)} ms or more`,
  }),
  rule({
    path: 'settings.kafka.deliveryTimeout',
    severity: 'warning',
    reads: ['deliveryTimeout', 'collectorTimeout'],
    when: ({ deliveryTimeout, collectorTimeout }) => deliveryTimeout >= collectorTimeout,
    say: ({ deliveryTimeout, collectorTimeout }) =>
      `is ${deliveryTimeout} ms, no less than the destination's config.timeout (${collectorTimeout} ms): the collector ` +
      'counts such a push as failed while it goes on and may still succeed; lower deliveryTimeout or raise config.timeout',
  }),
  rule({
    path: 'settings.deadLetter.topic',
    severity: 'error',
    reads: ['deadLetter', 'topic'],
    when: ({ deadLetter, topic }) => deadLetter?.topic === topic,
    say: ({ topic }) =>
      `is "${topic}", the same as settings.kafka.topic, which has just refused the record: name another topic`,
  }),
  rule({
    path: 'settings.deadLetter',
    severity: 'warning',
    reads: ['deadLetter', 'acks'],
    when: ({ deadLetter, acks }) => deadLetter !== undefined && acks === 0,
    say:
      'has no effect with settings.kafka.acks 0: the broker sends no answer, so a refused record is never seen and ' +
      'is lost; use acks -1 or 1',
  }),
  rule({
    path: 'settings.spool',
    severity: 'warning',
    reads: ['spool', 'acks'],
    when: ({ spool, acks }) => spool !== undefined && acks === 0,
    say:
      'keeps little with settings.kafka.acks 0: a record counts as delivered once it is handed to the socket, and ' +
      'what is lost after that is in no spool; use acks -1',
  }),
  rule({
    path: 'settings.spool.maxBytes',
    severity: 'warning',
    reads: ['spool', 'bufferMemory'],
    when: ({ spool, bufferMemory }) => spool !== undefined && spool.maxBytes < bufferMemory,
    say: ({ spool, bufferMemory }) =>
      `is ${spool?.maxBytes}, less than settings.kafka.bufferMemory (${bufferMemory}): what waits in memory when an ` +
      'outage begins does not fit, and its pushes fail; raise maxBytes',
  }),
];
