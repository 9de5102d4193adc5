import { AnswerBytes } from './answer-bytes.ts';
import { partitionKey } from '../model/partition.ts';
import type { CodeAnswer } from './kafka-errors.ts';

export interface BatchAnswer extends CodeAnswer {
  /** The records at fault, by index in the batch, and the broker's words about each. Indexes may be any number. */
  readonly named?: ReadonlyMap<number, string | null>;
}

/** By `partitionKey`. */
export type ProduceAnswer = ReadonlyMap<string, BatchAnswer>;

export interface DecodedAnswer {
  readonly partitions: ProduceAnswer;
  /** For so many milliseconds the broker does not listen to this connection: a quota is used up. */
  readonly throttle: number;
}

/**
 * The answer to a request of `encodeProduce`, without its header.
 * @throws RangeError where it ends too early
 */
export function decodeProduceAnswer(bytes: Buffer, version: number): DecodedAnswer {
  const answer = new AnswerBytes(bytes);
  const partitions = new Map<string, BatchAnswer>();
  answer.list(() => {
    const topic = answer.string() ?? '';
    answer.list(() => {
      const partition = answer.int32();
      const code = answer.int16();
      // The offset of the first record, the time of storing and, since version 5, where the log begins.
      answer.skip(version >= 5 ? 24 : 16);
      const said = version >= 8 ? readDetail(answer) : { detail: null };
      partitions.set(partitionKey(topic, partition), { code, ...said });
    });
  });
  // Before version 6 it waits by itself, before it answers.
  return { partitions, throttle: version >= 6 ? answer.int32() : 0 };
}

/** The broker's words about the batch, and about the records at fault. The first word about a record counts. */
function readDetail(answer: AnswerBytes): Omit<BatchAnswer, 'code'> {
  const named = new Map<number, string | null>();
  let first: string | null = null;
  answer.list(() => {
    const index = answer.int32();
    const words = answer.string();
    if (!named.has(index)) named.set(index, words);
    first ??= words;
  });
  const ofBatch = answer.string();
  const detail = [ofBatch, first].filter(Boolean).join(': ') || null;
  return named.size === 0 ? { detail } : { detail, named };
}
