import { isAbsolute, resolve } from 'node:path';
import { marginOf } from '../producer/disk-overflow.ts';
import { requestShare } from './options.ts';
import { rule, type Rule } from './rule.ts';
import { securityRules } from './security-rules.ts';

export const rules: readonly Rule[] = [
  rule({
    path: 'settings.kafka.clientId',
    severity: 'warning',
    reads: ['clientId', 'client'],
    when: ({ clientId, client }) => client === 'platformatic' && /\s/.test(clientId),
    say: 'holds a space, for which the platformatic client sends "-": quotas and logs of the brokers show that name',
  }),
  ...securityRules,
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
    path: 'settings.kafka.linger',
    severity: 'error',
    reads: ['linger', 'deliveryTimeout', 'spool'],
    when: ({ linger, deliveryTimeout, spool }) =>
      spool !== undefined &&
      linger < deliveryTimeout &&
      linger >= deliveryTimeout - marginOf(deliveryTimeout),
    say: ({ linger, deliveryTimeout }) =>
      `is ${linger} ms, no less than the ${deliveryTimeout - marginOf(deliveryTimeout)} ms after which records go to ` +
      `settings.spool (settings.kafka.deliveryTimeout, ${deliveryTimeout} ms, less the time for the disk): all of them ` +
      'would go there before they are sent; lower linger',
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
    reads: ['deliveryTimeout', 'writtenDeliveryTimeout', 'collectorTimeout'],
    when: ({ deliveryTimeout, writtenDeliveryTimeout: written = deliveryTimeout }) =>
      written > deliveryTimeout,
    say: ({ deliveryTimeout, writtenDeliveryTimeout: written, collectorTimeout }) =>
      `is ${written} ms, no less than the destination's config.timeout (${collectorTimeout} ms), at which the collector ` +
      `counts a push as failed: pushes settle after ${deliveryTimeout} ms instead; lower deliveryTimeout, or raise or ` +
      'remove config.timeout',
  }),
  rule({
    path: 'timeout',
    severity: 'warning',
    reads: ['collectorTimeout', 'writtenCollectorTimeout'],
    when: ({ writtenCollectorTimeout: written }) =>
      written !== undefined && !(typeof written === 'number' && written >= 0),
    say: ({ collectorTimeout }) =>
      'is no number of milliseconds ($env always gives text), so that the collector ignores it: it waits ' +
      `${collectorTimeout} ms for a push; write the number itself, or remove timeout`,
  }),
  rule({
    path: 'settings.value.registry.timeout',
    severity: 'warning',
    reads: ['value', 'deliveryTimeout'],
    when: ({ value, deliveryTimeout }) => (value.registry?.timeout ?? 0) >= deliveryTimeout,
    say: ({ value, deliveryTimeout }) =>
      `is ${value.registry?.timeout} ms, no less than settings.kafka.deliveryTimeout (${deliveryTimeout} ms): one look-up ` +
      'without an answer takes up the whole push; lower timeout',
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
    path: 'settings.spool.path',
    severity: 'error',
    reads: ['spool', 'startFolder'],
    when: ({ spool }) => spool !== undefined && !isAbsolute(spool.path),
    say: ({ spool, startFolder }) =>
      `is "${spool?.path}", a relative path: "walkeros run" works in another folder at each start, and the commands of ` +
      'walkeros-kafka in a third, so that what the spool holds would not be found again; write an absolute path, for ' +
      `example "${resolve(startFolder ?? '/var/lib/walkeros', spool?.path ?? '')}"`,
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
