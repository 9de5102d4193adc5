import { KafkaError, reasonOf } from '../vocabulary/errors.ts';
import type { Outcome } from '../vocabulary/outcome.ts';
import { outcomeOfCode } from './broker-errors.ts';
import { flatten } from './connection-errors.ts';
import { requestUnanswered, wantsTls } from './messages.ts';
import { answerWithin, type ProduceAnswer } from './platformatic-apis.ts';
import type { Slice } from './port.ts';

/** What a Produce answer says about each slice. A partition it does not mention may be stored or not. */
export function outcomesOfAnswer(answer: ProduceAnswer, slices: readonly Slice[]): Outcome[] {
  const codes = new Map<string, { errorCode: number; errorMessage?: string | null }>();
  for (const { name, partitionResponses } of answer.responses) {
    for (const response of partitionResponses) codes.set(`${name}:${response.index}`, response);
  }
  return slices.map(({ topic, partition }) => {
    const response = codes.get(`${topic}:${partition}`);
    if (response === undefined) {
      return {
        kind: 'unknown',
        error: requestUnanswered(topic, new Error(`no word about partition ${partition}`)),
      };
    }
    return outcomeOfCode(response.errorCode, topic, response.errorMessage);
  });
}

/** What a failed Produce request says about each slice: an answer with errors in it, a refusal to encode, or silence. */
export function outcomesOfFailure(failure: unknown, slices: readonly Slice[], broker: string): Outcome[] {
  const answer = answerWithin(failure);
  if (answer !== undefined) return outcomesOfAnswer(answer as ProduceAnswer, slices);
  const nested = flatten(failure);
  if (nested.some((error) => /requires TLS/.test(reasonOf(error)))) {
    return slices.map(() => ({ kind: 'unreachable', error: wantsTls(broker, failure) }));
  }
  if (nested.some(isRefusalToEncode)) {
    return slices.map(({ topic }) => ({
      kind: 'rejected',
      error: new KafkaError('RECORD_REJECTED', `Topic "${topic}": ${reasonOf(failure)}`, {
        topic,
        cause: failure,
      }),
    }));
  }
  return slices.map(() => ({ kind: 'unknown', error: requestUnanswered(broker, failure) }));
}

function isRefusalToEncode(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    error.code === 'PLT_KFK_UNSUPPORTED_COMPRESSION'
  );
}
