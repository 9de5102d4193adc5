import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Address, TopicConfig, TopicSpec } from '../model/cluster.ts';
import type { ProducerId } from '../model/partition.ts';
import { UnsupportedVersion } from '../protocol/api-versions.ts';
import { type CodeAnswer, kafkaErrors } from '../protocol/kafka-errors.ts';
import type { ProduceAnswer } from '../protocol/produce-answer.ts';
import type { MetadataAnswer } from './metadata.ts';
import type { ClientOptions } from './port.ts';

/**
 * What is taken from a Kafka library: one connection with TLS and SASL, and the encoding of small requests. Everything that
 * decides something (who leads, what a code means, what is sent again) is ours, once, in `KafkaClient`, and so is the
 * request that carries the records. Codes within an answer are answers; it throws only where there is none.
 */
export interface Connection {
  /** False once the connection has ended, whoever ended it. */
  readonly isOpen: boolean;
  /** Why it ended, where the library says it apart from what it throws. */
  readonly reason?: unknown;
  /**
   * Opens the connection, and waits for a login that is under way; those who ask meanwhile share the opening. Once open it keeps
   * the process alive only while a request is in flight.
   * @throws whatever the library throws; `connectionError` reads it
   */
  ready(): Promise<void>;
  /** Of `saneMetadata`. Without a topic: the brokers only. */
  metadata(topic?: string): Promise<MetadataAnswer>;
  initProducerId(): Promise<ProducerId>;
  /**
   * @param body a request's, of `encodeProduce`
   * @returns nothing under `acks: 0`, once the request has been handed to the kernel
   */
  produce(body: readonly Buffer[]): Promise<ProduceAnswer | undefined>;
  /** `validateOnly`: the broker checks everything and creates nothing. */
  createTopic(topic: TopicSpec, validateOnly: boolean): Promise<CodeAnswer>;
  topicConfig(topic: string): Promise<CodeAnswer & { readonly entries: TopicConfig }>;
  /** Ends the connection at once: a frozen broker would never read a farewell. What is in flight on it fails. */
  destroy(): Promise<void>;
}

/**
 * What a connection is for. Questions have connections of their own: a broker works on one request of a connection at a time,
 * so that a question behind a produce request would wait for its followers.
 */
export type Purpose = 'ask' | 'produce';

export interface Transport<Opened extends Connection = Connection> {
  /** A connection that is ready for requests, shared with earlier callers of the same purpose. */
  open(broker: Address, purpose: Purpose): Promise<Opened>;
  /** Destroys every connection; none is opened any more. */
  close(): Promise<void>;
}

/** How long a request of a connection may go unanswered. A question is answered from memory. Milliseconds. */
export function requestTimeoutOf(
  purpose: Purpose,
  { requestTimeout, connectTimeout }: ClientOptions,
): number {
  return purpose === 'produce' ? requestTimeout : Math.min(requestTimeout, Math.max(connectTimeout, 5000));
}

/** A request that certainly never left, as when the login before it failed: to send it again makes no duplicate. */
export class NotSent extends Error {
  override readonly name = 'NotSent';

  constructor(cause: unknown) {
    super('The request was not sent', { cause });
  }
}

/** The request certainly never left. */
export const isUnsent = (failure: unknown): boolean =>
  failure instanceof NotSent || failure instanceof UnsupportedVersion;

/** What a broker says about the one thing that was asked. An answer that leaves it out is one that nobody foresaw. */
export function codeAnswer(
  part: { errorCode: number; errorMessage?: string | null } | undefined,
): CodeAnswer {
  return { code: part?.errorCode ?? kafkaErrors.UNKNOWN_SERVER_ERROR, detail: part?.errorMessage };
}

/**
 * Waits until the kernel has all that was written. Until then it lies in Node's own memory, without end behind a broker
 * that does not read, and is gone with the connection.
 * @param timeout milliseconds; the connection ends with it
 * @throws where it may have been sent in part
 */
export function flushed(socket: Socket | undefined, timeout: number): Promise<void> {
  if (socket === undefined || socket.destroyed) return Promise.reject(new Error('Connection closed'));
  if (socket.writableLength === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error('Request timed out'));
      socket.destroy();
    }, timeout);
    // Not 'drain', which comes only where more than a few KB waited: a write is told when those before it are done.
    socket.write('', (failure) => {
      clearTimeout(timer);
      if (failure) reject(new Error('Connection closed', { cause: failure }));
      else resolve();
    });
  });
}

/**
 * What is believed of a throttle time, in milliseconds. Kafka's quotas span 11 s unless configured otherwise; an answer that is
 * damaged may say 24 days.
 */
const longest = 60_000;

/**
 * How long the broker does not read from a connection: a quota is used up. Since Kafka 2.0 (KIP-219) it answers at once and
 * says so; a request that leaves meanwhile lies unread until it times out, its fate unknown, and is sent twice.
 */
export class Throttle {
  readonly #end = new AbortController();
  #until = 0;

  /** @param time of an answer, in milliseconds */
  extend(time: number): void {
    // Not the wall clock: set back by an hour, it would keep the connection for that hour.
    this.#until = Math.max(this.#until, performance.now() + Math.min(time, longest));
  }

  /** Resolves when the broker reads again, or the connection has ended. Not part of any time-out of a request. */
  async over(): Promise<void> {
    const { signal } = this.#end;
    for (let time = this.#timeLeft(); time > 0; time = this.#timeLeft())
      await sleep(time, undefined, { signal }).catch(() => undefined);
  }

  end(): void {
    this.#end.abort();
  }

  #timeLeft(): number {
    return this.#end.signal.aborted ? 0 : this.#until - performance.now();
  }
}
