import type { KafkaError } from '../model/errors.ts';
import type { Outcome } from '../model/outcome.ts';
import { noLeader, type ProducerId, type PartitionBatch, type TopicMetadata } from '../model/partition.ts';
import { kafkaErrors } from '../protocol/kafka-errors.ts';
import { outcomeOfCode, operations } from './errors/broker-errors.ts';
import { Cluster } from './cluster.ts';
import type { Codec } from '../protocol/codecs.ts';
import { connectionError } from './errors/connection-errors.ts';
import type { Client, ClientOptions } from './port.ts';
import {
  notEncoded,
  outcomeOfUnsent,
  outcomesOfAnswer,
  outcomesOfFailure,
  partitionMissing,
} from './produce-outcomes.ts';
import { beginEach } from '../protocol/begin-each.ts';
import { encodeBatch } from '../protocol/record-batch.ts';
import { encodeProduce, type EncodedProduce } from '../protocol/produce-request.ts';
import { addressOf, type Address } from '../model/cluster.ts';
import { isUnsent, type Connection, type Transport } from './connection.ts';

/**
 * A request that is out for longer is given up once the cluster names other leaders for all that it carries, or names its
 * broker no more. Sooner, an answer may be on its way: a leader that is replaced answers what it holds. The producer has the cluster
 * asked each second from then on (`Sender.tend`). Milliseconds.
 */
const supersededAfter = 1_000;

interface Outstanding {
  readonly broker: string;
  readonly batches: readonly PartitionBatch[];
  readonly since: number;
  readonly abandon: (reason: Error) => void;
}

/** The client port on top of the connections of a library. One Produce request per leader, exact outcomes, no retries. */
export class KafkaClient implements Client {
  readonly limits = { maxRecordsPerBatch: 10_000 };
  readonly prepare: Client['prepare'];
  readonly #transport: Transport;
  readonly #options: ClientOptions;
  readonly #codec: Codec;
  readonly #cluster: Cluster;
  /** With `acks: 0`, the connection to each leader that was sent to, by its address. */
  readonly #unheard = new Map<string, Connection>();
  readonly #outstanding = new Set<Outstanding>();

  constructor(transport: Transport, options: ClientOptions, codec: Codec) {
    this.#transport = transport;
    this.#options = options;
    this.#codec = codec;
    if (codec.threaded) this.prepare = (batches) => this.#prepare(batches);
    this.#cluster = new Cluster(transport, options);
  }

  connect(): Promise<void> {
    return this.#cluster.connect();
  }

  async connectTo(topic: string): Promise<boolean> {
    if (this.#options.autoCreateTopics) return false;
    const metadata = await this.#cluster.metadata(topic).catch(() => undefined);
    const leaders = metadata?.leaders.map((_leader, partition) => this.#cluster.leaderOf(topic, partition));
    // One after the other: each may be a handshake, and nobody waits.
    for (const leader of new Set(leaders))
      if (typeof leader === 'object') await this.#transport.open(leader, 'produce').catch(() => undefined);
    return leaders !== undefined;
  }

  async metadata(topic: string): Promise<TopicMetadata> {
    const metadata = await this.#cluster.metadata(topic);
    this.#abandonSuperseded();
    return metadata;
  }

  initProducerId(): Promise<ProducerId> {
    return this.#cluster.ask((connection) => connection.initProducerId());
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  #prepare(batches: readonly PartitionBatch[]): void {
    // A failure is told when the batch is sent. If it never is, nothing is wrong.
    beginEach(batches, (batch) => encodeBatch(batch, this.#codec)).catch(() => undefined);
  }

  async produce(batches: readonly PartitionBatch[]): Promise<Outcome[]> {
    this.#invalidateClosedLeaders();
    const outcomes = await this.#blocked(batches);
    const byLeader = new Map<Address, PartitionBatch[]>();
    for (const batch of batches) {
      if (outcomes.has(batch)) continue;
      // By the cluster's last answer, which may name another one than that by which the request was put together.
      const leader = this.#cluster.leaderOf(batch.topic, batch.partition);
      if (leader === undefined) outcomes.set(batch, partitionMissing(batch));
      else if (leader === noLeader)
        outcomes.set(batch, outcomeOfCode(kafkaErrors.LEADER_NOT_AVAILABLE, batch.topic));
      else byLeader.set(leader, [...(byLeader.get(leader) ?? []), batch]);
    }
    const requests = [...byLeader].map(async ([leader, led]) => {
      const answers = await this.#request(leader, led);
      answers.forEach((outcome, index) => {
        const batch = led[index];
        if (batch !== undefined) outcomes.set(batch, outcome);
      });
    });
    await Promise.all(requests);
    return batches.map((batch) => outcomes.get(batch) ?? partitionMissing(batch));
  }

  /** What keeps batches from being sent at all. Of a topic that nobody has asked about, the cluster is asked first. */
  async #blocked(batches: readonly PartitionBatch[]): Promise<Map<PartitionBatch, Outcome>> {
    const failures = new Map<string, KafkaError>();
    for (const { topic } of batches) {
      if (this.#cluster.codeOf(topic) !== undefined || failures.has(topic)) continue;
      // A topic that is missing is an answer; without any, the brokers are away.
      await this.#cluster.metadata(topic).catch((failure: KafkaError) => failures.set(topic, failure));
    }
    const blocked = new Map<PartitionBatch, Outcome>();
    for (const batch of batches) {
      const code = this.#cluster.codeOf(batch.topic);
      const error = failures.get(batch.topic);
      if (code !== undefined && code !== kafkaErrors.NONE)
        blocked.set(batch, outcomeOfCode(code, batch.topic, { operation: operations.metadata }));
      else if (code === undefined && error !== undefined) blocked.set(batch, outcomeOfUnsent(error));
    }
    return blocked;
  }

  /**
   * With `acks: 0` a broker that no longer leads cannot say so: it drops what it was sent, and hangs up. Sent to it again,
   * over a new connection, everything would be lost for as long as nobody asks.
   */
  #invalidateClosedLeaders(): void {
    for (const [leader, connection] of this.#unheard) {
      if (connection.isOpen) continue;
      this.#unheard.delete(leader);
      this.#cluster.invalidate(leader);
    }
  }

  #sendsUnheard(leader: string, connection: Connection): void {
    const before = this.#unheard.get(leader);
    // Lost since it was looked at.
    if (before !== undefined && before !== connection) this.#cluster.invalidate(leader);
    this.#unheard.set(leader, connection);
  }

  /**
   * A frozen leader keeps its connections open, and so its requests out, until their time-out. What they carried goes to the
   * new leaders as if they had timed out: their fate is unknown. The connection ends with them, so that nothing is read
   * later by a broker that leads again.
   */
  #abandonSuperseded(): void {
    const now = performance.now();
    for (const { broker, batches, since, abandon } of this.#outstanding) {
      if (now - since < supersededAfter) continue;
      const isGone = !this.#cluster.lists(broker);
      if (isGone || batches.every((batch) => this.#isLedElsewhere(batch, broker)))
        abandon(
          new Error(isGone ? 'the cluster no longer lists it' : 'other brokers lead its partitions now'),
        );
    }
  }

  #isLedElsewhere({ topic, partition }: PartitionBatch, broker: string): boolean {
    const leader = this.#cluster.leaderOf(topic, partition);
    return leader !== undefined && leader !== noLeader && addressOf(leader) !== broker;
  }

  async #request(leader: Address, batches: readonly PartitionBatch[]): Promise<Outcome[]> {
    const superseded = Promise.withResolvers<never>();
    superseded.promise.catch(() => undefined);
    const request = {
      broker: addressOf(leader),
      batches,
      since: performance.now(),
      abandon: superseded.reject,
    };
    this.#outstanding.add(request);
    try {
      return await this.#exchange(leader, batches, superseded.promise);
    } finally {
      this.#outstanding.delete(request);
    }
  }

  /** @param superseded rejects when nobody waits for the answer any more */
  async #exchange(
    leader: Address,
    batches: readonly PartitionBatch[],
    superseded: Promise<never>,
  ): Promise<Outcome[]> {
    const startedAt = performance.now();
    const told = (outcomes: Outcome[], size?: EncodedProduce['size']): Outcome[] => {
      const endedAt = performance.now();
      this.#options.onProduced?.({ broker: addressOf(leader), batches, outcomes, startedAt, endedAt, size });
      return outcomes;
    };
    let connection: Connection;
    try {
      connection = await Promise.race([this.#transport.open(leader, 'produce'), superseded]);
    } catch (failure) {
      const error = connectionError(failure, addressOf(leader), this.#options, true);
      const outcomes = batches.map(() => outcomeOfUnsent(error));
      return error.code === 'DESTINATION_CLOSED' ? outcomes : told(outcomes);
    }
    if (this.#options.acks === 0) this.#sendsUnheard(addressOf(leader), connection);
    let encoded: EncodedProduce;
    try {
      encoded = await encodeProduce(batches, this.#codec, this.#options);
    } catch (failure) {
      return batches.map(({ topic }) => notEncoded(topic, failure));
    }
    let outcomes: Outcome[];
    try {
      const answer = await Promise.race([connection.produce(encoded.body), superseded]);
      outcomes = answer === undefined ? batches.map(flushed) : outcomesOfAnswer(answer, batches);
    } catch (failure) {
      // Whatever is wrong with the connection, the next request has another one.
      if (!isUnsent(failure)) void connection.destroy();
      outcomes = outcomesOfFailure(failure, batches, addressOf(leader), this.#options);
    }
    return told(outcomes, encoded.size);
  }
}

/** `acks: 0`: nobody will say more. */
function flushed(): Outcome {
  return { kind: 'stored' };
}
