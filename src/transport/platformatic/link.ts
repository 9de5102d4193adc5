import type { Connection, Writer } from '@platformatic/kafka';
import type { TopicConfig, TopicSpec } from '../../model/topic.ts';
import {
  answerWithin,
  rawMetadata,
  type Apis,
  type CreateTopicsResponse,
  type DescribeConfigsResponse,
  type Library,
  type MetadataResponse,
} from './apis.ts';
import type { ClientOptions } from '../port.ts';
import { isOver, ready } from './ready.ts';
import { handedOver } from '../handed-over.ts';
import { NotSent } from '../not-sent.ts';
import { apiKeys } from '../../protocol/api-versions.ts';
import { kafkaErrors } from '../../protocol/kafka-errors.ts';
import { decodeProduceAnswer } from '../../protocol/produce-answer.ts';
import { Throttle } from '../throttle.ts';
import { saneMetadata } from '../metadata.ts';
import type { CodeAnswer, Link, MetadataAnswer, ProduceAnswer } from '../wire.ts';
import type { ProducerId } from '../../model/partition.ts';

/** One for each connection. */
export class PlatformaticLink implements Link {
  readonly #library: Library;
  readonly #options: ClientOptions;
  readonly #connection: Connection;
  readonly #apis: Apis;
  readonly #throttle = new Throttle();

  constructor(library: Library, options: ClientOptions, connection: Connection, apis: Apis) {
    this.#library = library;
    this.#options = options;
    this.#connection = connection;
    this.#apis = apis;
    connection.once('close', () => this.#throttle.end());
  }

  get isOpen(): boolean {
    return !isOver(this.#connection);
  }

  async metadata(topic?: string): Promise<MetadataAnswer> {
    await this.#loggedIn();
    const asked = this.#apis.metadata.async(
      this.#connection,
      topic === undefined ? [] : [topic],
      this.#options.autoCreateTopics,
    );
    return saneMetadata(
      topic,
      rawMetadata(await asked.catch((failure: unknown) => answerWithin<MetadataResponse>(failure))),
    );
  }

  async initProducerId(): Promise<ProducerId> {
    await this.#loggedIn();
    return this.#apis.initProducerId.async(this.#connection, null, this.#options.ackTimeout);
  }

  async produce(body: readonly Buffer[]): Promise<ProduceAnswer | undefined> {
    await this.#throttle.over();
    const version = this.#produceVersion();
    await this.#loggedIn();
    const silent = this.#options.acks === 0;
    const answer = await new Promise<ProduceAnswer | undefined>((resolve, reject) => {
      this.#connection.send<ProduceAnswer>(
        apiKeys.Produce,
        version,
        () => this.#writer(body, silent),
        (_id, _key, _version, { buffer, position }) => {
          const { lanes, throttle } = decodeProduceAnswer(buffer.slice(position), version);
          this.#throttle.extend(throttle);
          return lanes;
        },
        false,
        false,
        (error, received) => {
          if (error !== null) reject(error);
          else resolve(silent ? undefined : received);
        },
      );
    });
    if (silent) await handedOver(this.#connection.socket, this.#options.requestTimeout);
    return answer;
  }

  /** Not by the library's own admin, which drops `validateOnly` and creates the topic. */
  async createTopic(topic: TopicSpec, validateOnly: boolean): Promise<CodeAnswer> {
    const { configEntries, ...shape } = topic;
    await this.#loggedIn();
    const configs = Object.entries(configEntries).map(([name, value]) => ({ name, value }));
    const asked = this.#apis.createTopics.async(
      this.#connection,
      [{ ...shape, assignments: [], configs }],
      this.#options.ackTimeout,
      validateOnly,
    );
    const { topics } = await asked.catch((failure: unknown) => answerWithin<CreateTopicsResponse>(failure));
    return answerOf(topics[0]);
  }

  async topicConfig(topic: string): Promise<CodeAnswer & { entries: TopicConfig }> {
    await this.#loggedIn();
    const { TOPIC } = this.#library.ConfigResourceTypes;
    const resource = { resourceType: TOPIC, resourceName: topic, configurationKeys: null };
    const asked = this.#apis.describeConfigs.async(this.#connection, [resource], false, false);
    const { results } = await asked.catch((failure: unknown) =>
      answerWithin<DescribeConfigsResponse>(failure),
    );
    const configs = results[0]?.configs ?? [];
    return {
      ...answerOf(results[0]),
      entries: new Map(configs.map(({ name, value }) => [name, value ?? null])),
    };
  }

  destroy(): void {
    this.#connection.socket?.destroy();
  }

  /**
   * A session ends, and the library logs in again on the same connection. A request between the two messages of a
   * login makes the broker hang up, on what is in flight as well.
   * A connection may also have closed since it was got, a turn ago.
   */
  async #loggedIn(): Promise<void> {
    await ready(this.#connection).catch((failure: unknown) => {
      throw new NotSent(failure);
    });
  }

  #produceVersion(): number {
    try {
      return this.#apis.produceVersion(this.#options.compression);
    } catch (failure) {
      throw new NotSent(failure);
    }
  }

  #writer(body: readonly Buffer[], noResponse: boolean): Writer {
    const writer = this.#library.Writer.create();
    for (const piece of body) writer.append(piece);
    writer.context.noResponse = noResponse;
    return writer;
  }
}

/** An answer that leaves out what was asked for is one that nobody foresaw. */
function answerOf(part: { errorCode: number; errorMessage?: string | null } | undefined): CodeAnswer {
  return { code: part?.errorCode ?? kafkaErrors.UNKNOWN_SERVER_ERROR, detail: part?.errorMessage };
}
