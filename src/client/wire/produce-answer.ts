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
  const answer = new Cursor(bytes);
  const lanes = new Map<string, CodeAnswer>();
  for (let topics = answer.int32(); topics > 0; topics--) {
    const topic = answer.string() ?? '';
    for (let partitions = answer.int32(); partitions > 0; partitions--) {
      const partition = answer.int32();
      const code = answer.int16();
      // The offset of the first record, the time of storing and, since version 5, where the log begins.
      answer.skip(version >= 5 ? 24 : 16);
      const detail = version >= 8 ? readDetail(answer) : null;
      lanes.set(laneOf(topic, partition), { code, detail });
    }
  }
  // Before version 6 it waits by itself, before it answers.
  return { lanes, throttle: version >= 6 ? answer.int32() : 0 };
}

/** The broker's words about the batch, and about the first record that it is to blame for. */
function readDetail(answer: Cursor): string | null {
  let ofRecord: string | null = null;
  for (let errors = answer.int32(); errors > 0; errors--) {
    answer.skip(4);
    const words = answer.string();
    ofRecord ??= words;
  }
  const ofBatch = answer.string();
  return [ofBatch, ofRecord].filter(Boolean).join(': ') || null;
}

class Cursor {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  skip(size: number): void {
    this.#at += size;
  }

  int16(): number {
    const value = this.#bytes.readInt16BE(this.#at);
    this.#at += 2;
    return value;
  }

  int32(): number {
    const value = this.#bytes.readInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  string(): string | null {
    const length = this.int16();
    if (length < 0) return null;
    const value = this.#bytes.toString('utf8', this.#at, this.#at + length);
    this.skip(length);
    return value;
  }
}
