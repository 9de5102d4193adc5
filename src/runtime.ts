import { createClient } from './transport/create.ts';
import { outcomeOfCode } from './transport/errors/broker-errors.ts';
import { topicInvalid } from './transport/errors/messages.ts';
import type { Client } from './transport/port.ts';
import { systemClock } from './producer/ports.ts';
import { Producer } from './producer/producer.ts';
import type { ProducerClient, ProducerSettings } from './producer/ports.ts';
import type { Options } from './config/resolve.ts';
import { kafkaErrors } from './protocol/kafka-errors.ts';
import type { ResolveContext } from './record/resolve.ts';
import { recordShapes, type RecordShape, type RuleSettings } from './record/shape.ts';
import { mainTopic } from './record/settings.ts';
import { openSpool } from './spool/open.ts';
import type { KafkaHealth } from './telemetry/health.ts';
import { logClock, type Logger } from './telemetry/log.ts';
import type { AttachTrace } from './telemetry/trace-context.ts';
import { Telemetry } from './telemetry/telemetry.ts';
import type { Env, SimulatedMessage } from './types.ts';
import { valueFormats } from './schema/value-formats.ts';
import { isTopicName } from './model/cluster.ts';
import { KafkaError } from './model/errors.ts';
import type { Notify } from './model/notice.ts';
import type { Outcome } from './model/outcome.ts';
import { within } from './model/foreign.ts';

/** What one configured destination owns while it lives: one client, one producer. */
export interface Runtime {
  /** How the records of a mapping rule are made. */
  readonly shapeOf: (rule: RuleSettings | undefined) => RecordShape;
  readonly prefixed: ResolveContext['prefixed'];
  readonly notify: Notify;
  /** Notes on a record which trace its event belongs to. Undefined where nobody asks. */
  readonly attachTrace: AttachTrace | undefined;
  readonly producer: Pick<Producer, 'send' | 'sendAll'>;
  health(): KafkaHealth;
  /** Connects, once, and tells the operator how that went. Never rejects: pushes try again by themselves. */
  connect(): Promise<void>;
  /** Sends what waits, then ends the connections. Within five seconds; safe twice. */
  close(): Promise<void>;
}

export interface RuntimeContext {
  /** The destination's id in the flow, for the commands that messages name. */
  readonly id: string;
  readonly env: Env;
  readonly logger: Logger;
  /** walkerOS counts the connection errors of each destination. */
  readonly reportError?: ((error: unknown) => void) | undefined;
  /** How many partitions a topic has by `config.setup`, for a simulation. */
  readonly partitionsOf?: ((topic: string) => number | undefined) | undefined;
  /** How long another owner of the spool may take to end, in ms. Default: as long as its `destroy` may take. */
  readonly spoolLockTimeout?: number | undefined;
}

/** Makes the client that a runtime owns, and tells the telemetry what it does. */
export type MakeClient = (
  options: Options,
  context: Pick<RuntimeContext, 'env' | 'partitionsOf'>,
  telemetry: Telemetry,
) => Promise<Client>;

/** walkerOS gives `destroy` five seconds; what is left of them closes the sockets and the spool. Milliseconds. */
const drainTimeout = 4_500;
const closeTimeout = 400;
/** With a spool, time is kept for what has to go there. */
const spoolDrainTimeout = 3_700;

export async function openRuntime(
  options: Options,
  context: RuntimeContext,
  makeClient: MakeClient = clientOf,
): Promise<Runtime> {
  const { id, env, logger, reportError, spoolLockTimeout } = context;
  const { clientId } = options.connection;
  const { traceparent } = options;
  const telemetry = new Telemetry({ id, clientId, logger, traceparent, reportError, clock: logClock });
  // What was opened is closed if anything after it fails: a spool that stays open is locked until the process ends.
  const opened: (() => Promise<void> | void)[] = [() => telemetry.close()];
  try {
    const client = await makeClient(options, context, telemetry);
    opened.push(() => client.close());
    const spool = await spoolOf(options, env, telemetry.notify, spoolLockTimeout);
    if (spool) opened.push(() => spool.file.close());
    return runtimeOf(options, context, { telemetry, client, spool });
  } catch (thrown) {
    const closed = opened.map(async (close) => close());
    await within(closeTimeout, Promise.allSettled(closed));
    throw thrown;
  }
}

interface Opened {
  readonly telemetry: Telemetry;
  readonly client: Client;
  readonly spool: OpenedSpool | undefined;
}

function runtimeOf(
  options: Options,
  { id, env }: RuntimeContext,
  { telemetry, client, spool }: Opened,
): Runtime {
  const { brokers } = options.connection;
  const { bufferMemory } = options;
  const { notify, attachTrace } = telemetry;
  const producerClient = producerClientOf(client, options, id, telemetry);
  const producer = new Producer(
    producerClient,
    { ...options, ...client.limits, deadLetterTopic: options.deadLetter?.topic, spool },
    { clock: systemClock, notify, random: Math.random, date: () => new Date() },
  );
  const formats = valueFormats(options, notify, env.kafka !== undefined);
  telemetry.watch({
    waiting: () => ({ ...producer.waiting, limit: bufferMemory }),
    spool: spool && (() => ({ ...spool.file.level(), limit: spool.limit })),
    ready: (connected) => closing === undefined && takes(connected, spool),
    ask: () => producerClient.metadata(mainTopic(options.topic)),
  });
  const connect = async (): Promise<void> => {
    formats.warm();
    try {
      await client.connect();
    } catch (failure) {
      // The client port promises KafkaErrors. One that is closed meanwhile has not failed.
      if (closing === undefined) telemetry.connectFailed(failure as KafkaError);
      return;
    }
    telemetry.connected(brokers);
    void expectFirstPush();
  };
  const expectFirstPush = async (): Promise<void> => {
    const topic = mainTopic(options.topic);
    if (await client.connectTo?.(topic)) producer.expect(topic);
  };
  let closing: Promise<void> | undefined;
  /** Shared by all first pushes: woken one after the other, they keep their order. */
  let connecting: Promise<void> | undefined;

  return {
    shapeOf: recordShapes({ ...options, composer: formats.composer }),
    prefixed: new Set(),
    notify,
    attachTrace,
    producer,
    health: () => telemetry.health(),
    connect() {
      if (closing !== undefined) return Promise.resolve();
      connecting ??= connect();
      return connecting;
    },
    close() {
      closing ??= producer
        .close(spool ? spoolDrainTimeout : drainTimeout)
        .finally(() => {
          const records = spool?.file.level().records ?? 0;
          if (records > 0) notify({ kind: 'spool-stays', path: options.spool?.path ?? '', records });
          formats.close();
          telemetry.close();
        })
        .then(async () => {
          // At once and together: what the spool told from here on would contradict what its pushes were told.
          await Promise.all(
            [client.close(), spool?.file.close()].map((closed) =>
              within(closeTimeout, Promise.resolve(closed)),
            ),
          );
        });
      return closing;
    },
  };
}

/** With `always` nothing is taken that the disk does not take; else it stands in for Kafka. */
function takes(connected: boolean, spool: OpenedSpool | undefined): boolean {
  if (spool === undefined) return connected;
  return (connected && !spool.always) || spool.file.accepting;
}

type OpenedSpool = NonNullable<ProducerSettings['spool']> & { readonly limit: number };

/** A simulation writes no file. */
async function spoolOf(
  { spool }: Options,
  env: Env,
  notify: Notify,
  lockTimeout: number | undefined,
): Promise<OpenedSpool | undefined> {
  if (spool === undefined || env.kafka) return undefined;
  const file = await openSpool({ ...spool, lockTimeout }, notify);
  notify({ kind: 'spool-opened', path: spool.path });
  return { file, always: spool.mode === 'always', limit: spool.maxBytes };
}

const clientOf: MakeClient = async (options, { env, partitionsOf }, { produced }) => {
  if (env.kafka) return simulatedClient(options, env.kafka, partitionsOf);
  return createClient(options.client, { ...options.connection, onProduced: produced });
};

/** `walkeros push --simulate`: every topic exists, nothing leaves the process, each record is one call of `send`. */
function simulatedClient(
  options: Options,
  kafka: NonNullable<Env['kafka']>,
  partitionsOf: RuntimeContext['partitionsOf'],
): Client {
  const { acks, compression } = options.connection;
  return {
    limits: { maxRecordsPerBatch: 10_000 },
    connect: () => Promise.resolve(),
    // eslint-disable-next-line @typescript-eslint/require-await -- so that an invalid name rejects
    async metadata(topic) {
      if (!isTopicName(topic)) throw topicInvalid(topic);
      return { leaders: Array.from({ length: partitionsOf?.(topic) ?? 1 }, () => 1) };
    },
    initProducerId: () => Promise.resolve({ producerId: 1n, producerEpoch: 0 }),
    // eslint-disable-next-line @typescript-eslint/require-await -- so that what `send` throws rejects
    async produce(batches) {
      return batches.map(({ topic, partition, records }): Outcome => {
        const isKnown = partitionsOf?.(topic) !== undefined;
        let bytes = 0;
        for (const { key, value, headers, timestamp } of records) {
          const message: SimulatedMessage = { key: textOf(key), value: textOf(value), headers, timestamp };
          if (isKnown && key !== null) message.partition = partition;
          kafka.send({ topic, messages: [message], acks, compression });
          bytes += (key?.length ?? 0) + (value?.length ?? 0);
        }
        const isTooLarge = bytes > simulatedBatchBytes;
        return isTooLarge ? outcomeOfCode(kafkaErrors.MESSAGE_TOO_LARGE, topic) : { kind: 'stored' };
      });
    },
    close: () => Promise.resolve(),
  };
}

/** What a broker takes by default. */
const simulatedBatchBytes = 1024 * 1024;

function textOf(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString();
}

/** The client as the producer sees it, with the words an operator needs when a topic is missing. */
function producerClientOf(
  client: Client,
  options: Options,
  id: string,
  telemetry: Telemetry,
): ProducerClient {
  const explain = (error: KafkaError): KafkaError => {
    const { code, topic, kafkaCode } = error;
    if (code !== 'TOPIC_MISSING' || topic === undefined) return error;
    return new KafkaError(
      code,
      `Kafka topic "${topic}" not found on cluster ${options.connection.brokers.join(',')}. ` +
        `Run "walkeros setup destination.${id}" with explicit { numPartitions, replicationFactor } to create it.`,
      { topic, kafkaCode, cause: error },
    );
  };
  return {
    prepare: client.prepare,
    initProducerId: () => client.initProducerId(),
    async metadata(topic) {
      try {
        const metadata = await client.metadata(topic);
        telemetry.connection.answered();
        return metadata;
      } catch (thrown) {
        const error = thrown as KafkaError;
        // A broker that says no has answered. A client that closes asks nobody.
        if (error.kafkaCode !== undefined) telemetry.connection.answered();
        else if (error.code !== 'DESTINATION_CLOSED') telemetry.connection.allLost(error);
        throw explain(error);
      }
    },
    async produce(batches) {
      const outcomes = await client.produce(batches);
      return outcomes.map((outcome): Outcome =>
        outcome.kind === 'stored' ? outcome : { ...outcome, error: explain(outcome.error) },
      );
    },
  };
}
