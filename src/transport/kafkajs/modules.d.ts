/**
 * The parts of kafkajs 2.2.4 that this folder stands on: what is below its producer. The package offers them by path,
 * without types. It has had no release since 2023, and its version is pinned.
 */

declare module 'kafkajs/src/network/connectionPool.js' {
  import type { ISocketFactory, Logger, Mechanism } from 'kafkajs';
  import type { ConnectionOptions } from 'node:tls';

  export interface Request {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    readonly expectResponse?: () => boolean;
    /** Taken for kafkajs's encoder where `buf` is a Buffer; the bytes are in `buffer`. */
    readonly encode: () => Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>;
  }

  /** A request of one version, and how its answer is read: `parse` throws where a part of the answer is an error. */
  export interface Exchange<Answer> {
    readonly request: Request;
    readonly response: { decode(bytes: Buffer): Promise<Answer>; parse(answer: Answer): Promise<Answer> };
  }

  export interface Connection {
    readonly requestQueue: {
      readonly inflight: ReadonlyMap<number, { readonly entry: Pick<Request, 'apiKey' | 'apiVersion'> }>;
      fulfillRequest: (answer: { readonly correlationId: number; readonly payload: Buffer }) => void;
      maybeThrottle: (time: number) => void;
      scheduleCheckPendingRequests: () => void;
      /** Begins to look for requests in flight that took too long; until `destroy`. */
      scheduleRequestTimeoutCheck: () => void;
      sendSocketRequest: (request: unknown) => void;
      on(event: 'requestQueueEmpty', listener: () => void): void;
      destroy(): void;
    };
    /** While a login of Kafka before 1.0 is under way, whose messages have no header. */
    readonly authHandlers: { readonly onError: () => void } | null;
    /** Of the session that the latest login began, in ms; 0: endless. Of their own class of long numbers. */
    readonly sessionLifetime: { toString(): string };
    /** So long before a session's end kafkajs logs in again, when there is something to send. Milliseconds. */
    reauthenticationThreshold: number;
    authenticate(): Promise<void>;
    rejectRequests(error: Error): void;
    disconnect(): Promise<unknown>;
  }

  export default class ConnectionPool {
    readonly pool: readonly Connection[];
    constructor(options: {
      host: string;
      port: number;
      clientId: string;
      ssl?: ConnectionOptions;
      sasl?: Mechanism;
      connectionTimeout: number;
      requestTimeout: number;
      socketFactory: ISocketFactory;
      logger: Logger;
      instrumentationEmitter: { emit(event: string): void };
    });
    send<Answer>(exchange: Exchange<Answer>): Promise<Answer>;
  }
}

declare module 'kafkajs/src/broker/saslAuthenticator/*' {
  import type { Mechanism } from 'kafkajs';

  /** kafkajs's own way of one mechanism, for its credentials. */
  export default function authenticator<Credentials>(
    credentials: Credentials,
  ): Mechanism['authenticationProvider'];
}

declare module 'kafkajs/src/broker/index.js' {
  import type { ApiVersions, Logger } from 'kafkajs';
  import type ConnectionPool from 'kafkajs/src/network/connectionPool.js';

  export default class Broker {
    readonly versions: ApiVersions | null;
    constructor(options: { connectionPool: ConnectionPool; logger: Logger; versions: ApiVersions | null });
    connect(): Promise<void>;
  }
}

declare module 'kafkajs/src/protocol/requests/index.js' {
  import type { BrokerMetadata } from 'kafkajs';
  import type { Exchange } from 'kafkajs/src/network/connectionPool.js';

  export interface Definition<Options, Answer> {
    readonly versions: readonly string[];
    protocol(version: { version: number }): (options: Options) => Exchange<Answer>;
  }

  export interface MetadataAnswer extends BrokerMetadata {
    /** Since version 2 of the answer. */
    readonly clusterId?: string | null;
    readonly controllerId: number;
  }

  export interface DescribeConfigsAnswer {
    readonly resources: readonly {
      errorCode: number;
      errorMessage: string | null;
      configEntries: readonly { configName: string; configValue: string | null }[];
    }[];
  }

  export const requests: {
    readonly Metadata: Definition<
      { topics: readonly string[]; allowAutoTopicCreation: boolean },
      MetadataAnswer
    >;
    readonly CreateTopics: Definition<
      {
        topics: readonly {
          topic: string;
          numPartitions: number;
          replicationFactor: number;
          configEntries: readonly { name: string; value: string }[];
        }[];
        timeout: number;
        validateOnly: boolean;
      },
      { topicErrors: readonly { topic: string; errorCode: number; errorMessage?: string | null }[] }
    >;
    readonly DescribeConfigs: Definition<
      { resources: readonly { type: number; name: string }[] },
      DescribeConfigsAnswer
    >;
    readonly InitProducerId: Definition<
      { transactionTimeout: number },
      { errorCode: number; producerId: string; producerEpoch: number }
    >;
  };
}
