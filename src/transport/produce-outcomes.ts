import { KafkaError, reasonOf, withoutFullStop } from '../model/errors.ts';
import type { Outcome } from '../model/outcome.ts';
import { partitionKey, type PartitionBatch } from '../model/partition.ts';
import { kafkaErrors } from '../protocol/kafka-errors.ts';
import { errorOfRecord, outcomeOfCode, operations } from './errors/broker-errors.ts';
import { flatten } from '../model/foreign.ts';
import { brokerCode, connectionError } from './errors/connection-errors.ts';
import { idempotenceUnauthorised, requestUnanswered, unreachable, wantsTls } from './errors/messages.ts';
import type { ClientOptions } from './port.ts';
import { isUnsent } from './connection.ts';
import type { BatchAnswer, ProduceAnswer } from '../protocol/produce-answer.ts';

/** What a Produce answer says about each batch. A partition it does not mention may be stored or not. */
export function outcomesOfAnswer(answer: ProduceAnswer, batches: readonly PartitionBatch[]): Outcome[] {
  return batches.map(({ topic, partition, records }) => {
    const found = answer.get(partitionKey(topic, partition));
    if (found !== undefined) {
      const outcome = outcomeOfCode(found.code, topic, { detail: found.detail });
      return namedRecords(outcome, found, topic, records.length) ?? outcome;
    }
    const silence = new Error(`no word about partition ${partition} of "${topic}"`);
    return { kind: 'unknown', error: requestUnanswered('that leads it', silence) };
  });
}

/**
 * The outcome of a batch whose bad records the broker names: these are rejected, and nothing needs to be halved. Undefined where
 * it names none, and for a batch that is too large, which is no record's fault alone.
 * @param count of the records that were sent; an index beyond them is ignored
 */
function namedRecords(
  outcome: Outcome,
  { code, detail, named }: BatchAnswer,
  topic: string,
  count: number,
): Outcome | undefined {
  if (named === undefined || outcome.kind !== 'splittable' || outcome.error.code === 'RECORD_TOO_LARGE')
    return undefined;
  const known = new Map<number, KafkaError>();
  for (const [index, words] of named) {
    if (index >= 0 && index < count) known.set(index, errorOfRecord(code, topic, words ?? detail));
  }
  return known.size === 0 ? undefined : { kind: 'rejected', error: outcome.error, named: known };
}

/** What a Produce request without an answer says about each batch. */
export function outcomesOfFailure(
  failure: unknown,
  batches: readonly PartitionBatch[],
  broker: string,
  options: ClientOptions,
): Outcome[] {
  const reasons = flatten(failure).map(reasonOf);
  if (reasons.some((reason) => /requires TLS/.test(reason))) {
    return batches.map(() => ({ kind: 'unreachable', error: wantsTls(broker, failure) }));
  }
  // The connection went away, or its session ended, between asking for it and using it.
  if (isUnsent(failure) || reasons.includes('Not connected')) {
    const error = connectionError(failure, broker, options, true);
    return batches.map(() => ({ kind: 'unreachable', error }));
  }
  // The connection ended while the request was out, or it timed out.
  return batches.map(() => ({ kind: 'unknown', error: requestUnanswered(broker, failure) }));
}

/** Not a rejection: the topic may have grown, or come back with fewer partitions, since its metadata was asked for. */
export function partitionMissing({ topic, partition }: PartitionBatch): Outcome {
  const error = new KafkaError('BROKER_BUSY', `Topic "${topic}" has no partition ${partition} any more.`, {
    topic,
    kafkaCode: 'UNKNOWN_TOPIC_OR_PARTITION',
  });
  return { kind: 'retriable', error, refresh: true, mayHaveBeenWritten: false };
}

/** The batch is halved until the record that cannot be encoded is found, or there is memory enough. */
export function notEncoded(topic: string, cause: unknown): Outcome {
  const error = new KafkaError(
    'RECORD_REJECTED',
    `Topic "${topic}": these records could not be encoded: ${withoutFullStop(reasonOf(cause))}. ` +
      'If this lasts, choose another settings.kafka.compression.',
    { topic, cause },
  );
  return { kind: 'splittable', error };
}

/** What a failed request for a producer id says about records that wait for it: nothing was sent. */
export function outcomeWithoutProducerId(failure: unknown, topic: string): Outcome {
  const code = brokerCode(failure);
  if (code === kafkaErrors.CLUSTER_AUTHORIZATION_FAILED) {
    return { kind: 'rejected', error: idempotenceUnauthorised(topic, failure) };
  }
  if (code !== undefined)
    return outcomeOfCode(code, topic, { operation: operations.producerId, cause: failure });
  return outcomeOfUnsent(
    failure instanceof KafkaError ? failure : unreachable('the configured brokers', failure),
  );
}

/** Without a connection nothing was sent; a closed client will never send it. */
export function outcomeOfUnsent(error: KafkaError): Outcome {
  return { kind: error.code === 'DESTINATION_CLOSED' ? 'rejected' : 'unreachable', error };
}
