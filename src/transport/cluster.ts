import { type TopicMetadata, noLeader } from '../model/partition.ts';
import { kafkaErrors } from '../protocol/kafka-errors.ts';
import { errorOfCode, operations } from './errors/broker-errors.ts';
import { connectionError } from './errors/connection-errors.ts';
import { topicHidden } from './errors/messages.ts';
import type { ClientOptions } from './port.ts';
import { type Address, addressOf, parseAddress } from '../model/cluster.ts';
import type { Connection, Purpose, Transport } from './connection.ts';
import type { MetadataAnswer } from './metadata.ts';

/** How long one broker may take over a question before another one is asked too. Milliseconds. */
const hedgeAfter = 1000;
/** One that was silent is asked after the others for this long. Milliseconds. */
const avoidFor = 5000;
/** A topic that is being created is answered with these. */
const beingCreated: ReadonlySet<number> = new Set([
  kafkaErrors.NONE,
  kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION,
  kafkaErrors.LEADER_NOT_AVAILABLE,
]);
/** A topic takes this long to be created, at most. */
const creation = { attempts: 50, pause: 100 };

/**
 * What is known of the cluster: which brokers there are, and who leads what.
 *
 * The libraries' own caches are not used. They answer for all topics of a producer at once, so that one missing topic
 * fails the others', one partition without a leader fails its whole topic, and a frozen first broker stalls all.
 */
export class Cluster<Library extends Connection = Connection> {
  readonly #transport: Transport<Library>;
  readonly #options: ClientOptions;
  readonly #bootstrap: readonly Address[];
  readonly #leaders = new Map<string, readonly number[]>();
  /** Kafka's code for each topic at its last `metadata`. */
  readonly #codes = new Map<string, number>();
  #brokers = new Map<number, Address>();
  #reached = false;
  /** Questions put to the brokers that it names. */
  #asked = 0;
  /** Brokers that failed a question, or were slower than the next one, and until when they are asked last. */
  readonly #silent = new Map<string, number>();

  constructor(transport: Transport<Library>, options: ClientOptions) {
    this.#transport = transport;
    this.#options = options;
    this.#bootstrap = options.brokers.map(parseAddress);
  }

  /** Learns the brokers. That takes credentials, where a listener wants them; a bare connection does not. */
  async connect(): Promise<void> {
    this.#learnBrokers(await this.ask((connection) => connection.metadata()));
  }

  async metadata(topic: string): Promise<TopicMetadata> {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.ask((connection) => connection.metadata(topic));
      this.#learn(topic, answer);
      const leaders = this.#leaders.get(topic);
      if (leaders !== undefined) return { leaders };
      // A topic that this very question creates is first unknown, then without partitions.
      const creating = this.#options.autoCreateTopics && beingCreated.has(answer.code);
      if (answer.code === kafkaErrors.TOPIC_AUTHORIZATION_FAILED)
        throw topicHidden(topic, this.#options.autoCreateTopics);
      if (!creating || attempt === creation.attempts)
        throw errorOfCode(codeOf(answer), topic, { operation: operations.metadata });
      await new Promise((resolve) => setTimeout(resolve, creation.pause));
    }
  }

  /** What the cluster said of a topic at its last `metadata`, 0 for "led". Undefined: it is to be asked. */
  codeOf(topic: string): number | undefined {
    return this.#codes.get(topic);
  }

  /** Who leads a partition, by the last `metadata` of its topic. Undefined: no such partition. */
  leaderOf(topic: string, partition: number): Address | typeof noLeader | undefined {
    const leader = this.#leaders.get(topic)?.[partition];
    return leader === undefined ? undefined : (this.#brokers.get(leader) ?? noLeader);
  }

  /** Whether the cluster named this broker in its last answer. One that its controller misses is named no more. */
  lists(address: string): boolean {
    return [...this.#brokers.values()].some((broker) => addressOf(broker) === address);
  }

  /** The metadata of topics that this broker leads is asked for again before anything is sent. */
  invalidate(address: string): void {
    for (const [topic, leaders] of this.#leaders) {
      const isHere = (leader: number): boolean => {
        const broker = this.#brokers.get(leader);
        return broker !== undefined && addressOf(broker) === address;
      };
      if (leaders.some(isHere)) this.#codes.delete(topic);
    }
  }

  /** Puts a question that any broker can answer. */
  async ask<Answer>(question: (connection: Library) => Promise<Answer>): Promise<Answer> {
    const brokers = this.#everyBroker();
    const unheard = new Set<string>();
    try {
      const answer = await hedgedRequest(brokers, hedgeAfter, async (broker) => {
        const address = addressOf(broker);
        unheard.add(address);
        const answer = await question(await this.#transport.open(broker, 'ask'));
        unheard.delete(address);
        this.#silent.delete(address);
        return answer;
      });
      this.#reached = true;
      for (const address of unheard) this.#silent.set(address, performance.now() + avoidFor);
      return answer;
    } catch (failure) {
      throw connectionError(failure, brokers.map(addressOf).join(', '), this.#options, this.#reached);
    }
  }

  /** Puts a question to this broker alone. */
  async at<Answer>(
    broker: Address,
    purpose: Purpose,
    question: (connection: Library) => Promise<Answer>,
  ): Promise<Answer> {
    try {
      return await question(await this.#transport.open(broker, purpose));
    } catch (failure) {
      throw connectionError(failure, addressOf(broker), this.#options);
    }
  }

  #learn(topic: string, answer: MetadataAnswer): void {
    const { partitions } = answer;
    const code = codeOf(answer);
    this.#codes.set(topic, code);
    this.#learnBrokers(answer);
    if (code !== kafkaErrors.NONE) {
      this.#leaders.delete(topic);
      return;
    }
    // A leader that is no broker is one that nothing can be sent to.
    this.#leaders.set(
      topic,
      partitions.map(({ leader }) => (this.#brokers.has(leader) ? leader : noLeader)),
    );
  }

  #learnBrokers({ brokers }: MetadataAnswer): void {
    if (brokers.length === 0) return;
    this.#brokers = new Map(brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
  }

  /**
   * The brokers last heard of first: the bootstrap list may name brokers long replaced. Of those another one each time: one
   * that has lost its controller goes on telling what it knew, and that of a moved leader never came through. Those that
   * were silent a moment ago come last: a frozen one would hold up every third question.
   */
  #everyBroker(): Address[] {
    const known = [...this.#brokers.values()];
    const first = known.length === 0 ? 0 : this.#asked++ % known.length;
    const inTurn = [...known.slice(first), ...known.slice(0, first), ...this.#bootstrap];
    const brokers = [...new Map(inTurn.map((broker) => [addressOf(broker), broker])).values()];
    const now = performance.now();
    const isSilent = (broker: Address): boolean => (this.#silent.get(addressOf(broker)) ?? 0) > now;
    return [...brokers.filter((broker) => !isSilent(broker)), ...brokers.filter(isSilent)];
  }
}

/** A topic that is being made has no partitions for a moment, and no code that says so. */
function codeOf({ code, partitions }: MetadataAnswer): number {
  return code === kafkaErrors.NONE && partitions.length === 0 ? kafkaErrors.LEADER_NOT_AVAILABLE : code;
}

/**
 * Asks candidates one after another and takes the first answer: the next is asked when one fails, or has said nothing
 * for `hedgeAfter` milliseconds, since a frozen broker accepts connections and never answers. With an answer there is
 * nothing more to ask: what fails later may do so because the client is closed.
 * @throws AggregateError with every failure, when all have failed.
 */
export function hedgedRequest<Candidate, Answer>(
  candidates: readonly Candidate[],
  hedgeAfter: number,
  ask: (candidate: Candidate) => Promise<Answer>,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const failures: unknown[] = [];
    let asked = 0;
    let answered = false;
    let timer: NodeJS.Timeout | undefined;

    function askNext(): void {
      clearTimeout(timer);
      const candidate = candidates[asked];
      if (candidate === undefined) return;
      asked += 1;
      if (asked < candidates.length) timer = setTimeout(askNext, hedgeAfter);
      ask(candidate).then(
        (answer) => {
          answered = true;
          clearTimeout(timer);
          resolve(answer);
        },
        (failure: unknown) => {
          if (answered) return;
          failures.push(failure);
          if (failures.length === candidates.length) reject(new AggregateError(failures));
          else askNext();
        },
      );
    }

    askNext();
  });
}
