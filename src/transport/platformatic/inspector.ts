import type { TopicConfig } from '../../model/topic.ts';
import { kafkaErrors } from '../../protocol/kafka-errors.ts';
import { describeTopicError, isUnauthorised, topicConfigError } from '../errors/admin-errors.ts';
import type { ClusterState, Inspector, TopicState } from '../inspector.ts';
import { addressOf, parseAddress } from '../../model/address.ts';
import { saneMetadata } from '../metadata.ts';
import {
  answerWithin,
  rawMetadata,
  type DescribeConfigsResponse,
  type Library,
  type MetadataResponse,
} from './apis.ts';
import type { Cluster } from '../cluster.ts';
import type { Transport } from '../connection.ts';
import type { PlatformaticConnection } from './connection.ts';

/** Kafka's number of the ACL operation WRITE, which is its bit in the answer. */
const write = 4;
/** The broker's way to say that it does not tell. */
const untold = -2_147_483_648;

export class PlatformaticInspector implements Inspector {
  readonly #library: Library;
  readonly #transport: Transport;
  readonly #cluster: Cluster<PlatformaticConnection>;
  readonly #reached = new Map<string, Promise<void>>();

  constructor(library: Library, transport: Transport, cluster: Cluster<PlatformaticConnection>) {
    this.#library = library;
    this.#transport = transport;
    this.#cluster = cluster;
  }

  /** Asked for once: a connection that failed says only that it is closed when it is asked again. */
  reach(broker: string): Promise<void> {
    const known = this.#reached.get(broker) ?? this.#reach(broker);
    this.#reached.set(broker, known);
    return known;
  }

  async #reach(broker: string): Promise<void> {
    // A listener that wants a login takes a connection without one, and then hangs up at the first request.
    await this.#cluster.at(parseAddress(broker), 'ask', (connection) => metadata(connection, []));
  }

  async cluster(): Promise<ClusterState> {
    const { clusterId, brokers } = await this.#cluster.ask(async (connection) =>
      saneMetadata(undefined, rawMetadata(await metadata(connection, []))),
    );
    return {
      id: clusterId ?? null,
      brokers: brokers.map(({ nodeId, host, port }) => ({ nodeId, address: addressOf({ host, port }) })),
    };
  }

  async topic(name: string): Promise<TopicState | undefined> {
    const { code, partitions, operations } = await this.#cluster.ask(async (connection) => {
      const answer = await metadata(connection, [name]);
      const topic = answer.topics.find((candidate) => candidate.name === name);
      return {
        ...saneMetadata(name, rawMetadata(answer)),
        operations: topic?.topicAuthorizedOperations ?? untold,
      };
    });
    if (code === kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION) return undefined;
    // A missing leader shows in the partitions.
    if (code !== kafkaErrors.NONE && code !== kafkaErrors.LEADER_NOT_AVAILABLE)
      throw describeTopicError(name, code);
    return {
      partitions: partitions.map(({ leader, ...partition }) => ({
        ...partition,
        leader: leader < 0 ? undefined : leader,
      })),
      writable: operations === untold ? undefined : (operations & (1 << write)) !== 0,
    };
  }

  async topicConfig(name: string): Promise<TopicConfig | undefined> {
    const { TOPIC } = this.#library.ConfigResourceTypes;
    const resource = { resourceType: TOPIC, resourceName: name, configurationKeys: null };
    const { results } = await this.#cluster.ask(({ connection, apis }) =>
      apis.describeConfigs
        .async(connection, [resource], false, false)
        .catch((failure: unknown) => answerWithin<DescribeConfigsResponse>(failure)),
    );
    const [result] = results;
    if (result !== undefined && isUnauthorised(result.errorCode)) return undefined;
    if (result === undefined || result.errorCode !== kafkaErrors.NONE)
      throw topicConfigError(name, {
        code: result?.errorCode ?? kafkaErrors.UNKNOWN_SERVER_ERROR,
        detail: result?.errorMessage,
      });
    return new Map(result.configs.map((config) => [config.name, config.value ?? null]));
  }

  close(): Promise<void> {
    return this.#transport.close();
  }
}

/** To ask for a topic must not create it. */
function metadata({ connection, apis }: PlatformaticConnection, topics: string[]): Promise<MetadataResponse> {
  return apis.metadata
    .async(connection, topics, false, true)
    .catch((failure: unknown) => answerWithin<MetadataResponse>(failure));
}
