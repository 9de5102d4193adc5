import { KafkaError } from '../../../src/model/errors.ts';
import type { Outcome } from '../../../src/model/outcome.ts';

/** What a scripted broker does with a batch. */
export type Answer =
  'stored' | 'busy' | 'moved' | 'lost-answer' | 'lost-request' | 'unreachable' | 'rejected';

export const error = new KafkaError('REQUEST_FAILED', 'scripted');

/** What the producer is told of it. */
export function outcomeOf(answer: Answer): Outcome {
  switch (answer) {
    case 'stored':
      return { kind: 'stored' };
    case 'busy':
      return { kind: 'retriable', error, refresh: false, mayHaveBeenWritten: false };
    case 'moved':
      return { kind: 'retriable', error, refresh: true, mayHaveBeenWritten: false };
    case 'lost-answer':
    case 'lost-request':
      return { kind: 'unknown', error };
    case 'unreachable':
      return { kind: 'unreachable', error };
    case 'rejected':
      return { kind: 'rejected', error };
  }
}
