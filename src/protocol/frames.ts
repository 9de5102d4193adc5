import type { Socket } from 'node:net';

/** What came over a connection is no answer of a Kafka broker. */
export class NotKafka extends Error {
  override readonly name = 'NotKafka';
}

/** In bytes. librdkafka takes as much (`receive.message.max.bytes`); four letters of text are more than five times that. */
const largest = 100_000_000;
/** The number of the request that it answers. */
const smallest = 4;

export interface FrameRules {
  readonly tls: boolean;
  /** False while kafkajs logs in as brokers before Kafka 1.0 want it: their answers may be empty. */
  readonly numbered?: () => boolean;
}

/**
 * Hands the bytes of a socket to a library's parser in whole answers of a believable size. Neither library checks the size
 * that an answer claims, and an exception in their handler of 'data' is nobody's: it ends the process. Here it ends the
 * connection, and the socket's error says why.
 */
export function guardFrames(socket: Socket, rules: FrameRules): void {
  const frames = new Frames(rules);
  const emit = socket.emit.bind(socket);
  socket.emit = (event: string | symbol, ...values: unknown[]): boolean => {
    if (event !== 'data') return emit(event, ...values);
    // What comes after the end of a connection is nobody's.
    if (socket.destroyed) return true;
    try {
      const whole = frames.push(values[0] as Buffer);
      return whole === undefined || emit('data', whole);
    } catch (thrown) {
      socket.destroy(thrown instanceof NotKafka ? thrown : unreadable(thrown));
      return true;
    }
  };
}

export function unreadable(cause: unknown): NotKafka {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new NotKafka(`its answer cannot be read (${reason})`, { cause });
}

/** Cuts a stream of bytes at the ends of answers. */
export class Frames {
  readonly #rules: FrameRules;
  #chunks: Buffer[] = [];
  #size = 0;
  /** So many bytes have to be there before there is anything new to learn. */
  #wanted = 4;

  constructor(rules: FrameRules) {
    this.#rules = rules;
  }

  /**
   * @returns all answers that are complete now, in one piece
   * @throws NotKafka
   */
  push(chunk: Buffer): Buffer | undefined {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size < this.#wanted) return undefined;
    const [first = chunk] = this.#chunks;
    const bytes = this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks, this.#size);
    let end = 0;
    let next = 4;
    while (bytes.length - end >= 4) {
      const size = bytes.readInt32BE(end);
      const least = (this.#rules.numbered?.() ?? true) ? smallest : 0;
      if (size < least || size > largest) throw notKafka(bytes.subarray(end), size, this.#rules.tls);
      next = 4 + size;
      if (bytes.length - end < next) break;
      end += next;
      next = 4;
    }
    const rest = bytes.subarray(end);
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#size = rest.length;
    this.#wanted = next;
    return end === 0 ? undefined : bytes.subarray(0, end);
  }
}

function notKafka(bytes: Buffer, size: number, tls: boolean): NotKafka {
  // Where TLS is spoken, a plain request is answered with an alert: record type 21, version 3.x.
  if (!tls && bytes[0] !== undefined && bytes[0] >= 20 && bytes[0] <= 23 && bytes[1] === 3)
    return new NotKafka('the broker requires TLS');
  const text = bytes.toString('latin1', 0, 24).replace(/[^ -~].*$/s, '');
  if (text.startsWith('HTTP/')) return new NotKafka('it answers HTTP, not Kafka');
  if (text.length >= 4) return new NotKafka(`it answers "${text}", not Kafka`);
  return new NotKafka(`it announces an answer of ${size} bytes, which is not Kafka`);
}
