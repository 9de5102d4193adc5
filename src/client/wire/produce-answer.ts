import { AnswerBytes } from './answer-bytes.ts';
import { laneOf, type CodeAnswer, type ProduceAnswer } from './wire.ts';

export interface DecodedAnswer {
  readonly lanes: ProduceAnswer;
  /** For so many milliseconds the broker does not listen to this connection: a quota is used up. */
  readonly throttle: number;
}

/**
 * The answer to a request of `encodeProduce`, without its header.
 * @throws RangeError where it ends too early
 */
export function decodeProduceAnswer(bytes: Buffer, version: number): DecodedAnswer {
  const answer = new AnswerBytes(bytes);
  const lanes = new Map<string, CodeAnswer>();
  answer.list(() => {
    const topic = answer.string() ?? '';
    answer.list(() => {
      const partition = answer.int32();
      const code = answer.int16();
      // The offset of the first record, the time of storing and, since version 5, where the log begins.
      answer.skip(version >= 5 ? 24 : 16);
      const detail = version >= 8 ? readDetail(answer) : null;
      lanes.set(laneOf(topic, partition), { code, detail });
    });
  });
  // Before version 6 it waits by itself, before it answers.
  return { lanes, throttle: version >= 6 ? answer.int32() : 0 };
}

/** The broker's words about the batch, and about the first record that it is to blame for. */
function readDetail(answer: AnswerBytes): string | null {
  let ofRecord: string | null = null;
  answer.list(() => {
    answer.skip(4);
    const words = answer.string();
    ofRecord ??= words;
  });
  const ofBatch = answer.string();
  return [ofBatch, ofRecord].filter(Boolean).join(': ') || null;
}
