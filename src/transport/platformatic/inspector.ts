import { addressOf, parseAddress, type TopicConfig } from '../../model/cluster.ts';
import { memo } from '../../model/memo.ts';
import { kafkaErrors } from '../../protocol/kafka-errors.ts';
import type { Cluster } from '../cluster.ts';
import type { Transport } from '../connection.ts';
import { describeTopicError, isUnauthorised, topicConfigError } from '../errors/request-errors.ts';
import { saneMetadata } from '../metadata.ts';
import type { ClusterState, Inspector, TopicState } from '../port.ts';
import { answerOf, rawMetadata } from './apis.ts';
import type { PlatformaticConnection } from './connection.ts';

/** Kafka's number of the ACL operation WRITE, which is its bit in the answer. */
const write = 4;
/** The broker's way to say that it does not tell. */
const untold = -2_147_483_648;

export class PlatformaticInspector implements Inspector {
  readonly #transport: Transport;
  readonly #cluster: Cluster<PlatformaticConnection>;

  constructor(transport: Transport, cluster: Cluster<PlatformaticConnection>) {
    this.#transport = transport;
    this.#cluster = cluster;
  }

  /** Asked for once: a connection that failed says only that it is closed when it is asked again. */
  readonly reach = memo(async (broker: string): Promise<void> => {
    // A listener that wants a login takes a connection without one, and then hangs up at the first request.
    await this.#cluster.at(parseAddress(broker), 'ask', (connection) => connection.metadata());
  });

  async cluster(): Promise<ClusterState> {
    const { clusterId, brokers } = await this.#cluster.ask((connection) => connection.metadata());
    return {
      id: clusterId ?? null,
      brokers: brokers.map(({ nodeId, host, port }) => ({ nodeId, address: addressOf({ host, port }) })),
    };
  }

  async topic(name: string): Promise<TopicState | undefined> {
    const { code, partitions, operations } = await this.#cluster.ask(async ({ connection, apis }) => {
      // To ask for a topic must not create it; what the user may do with it is to be in the answer.
      const answer = await answerOf(apis.metadata.async(connection, [name], false, true));
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
    const answer = await this.#cluster.ask((connection) => connection.topicConfig(name));
    if (isUnauthorised(answer.code)) return undefined;
    if (answer.code !== kafkaErrors.NONE) throw topicConfigError(name, answer);
    return answer.entries;
  }

  close(): Promise<void> {
    return this.#transport.close();
  }
}
