import { KafkaError } from '../model/errors.ts';
import type { NoticeKind, NoticeOf } from '../model/notice.ts';
import { plural } from '../model/plural.ts';
import { errorType, measureRequest, type Measure } from './metrics.ts';

export type Level = 'error' | 'warn' | 'info' | 'debug';

/** What one kind of notice becomes: a log line, metrics, or both. */
export type CatalogueEntry<Kind extends NoticeKind> = Measured<Kind> &
  (Line<Kind> | Partial<Record<keyof Line<Kind>, undefined>>);

interface Measured<Kind extends NoticeKind> {
  /** For docs/telemetry.md. */
  readonly help: string;
  readonly measure?: (notice: NoticeOf<Kind>, measure: Measure) => void;
}

interface Line<Kind extends NoticeKind> {
  readonly level: Level;
  /**
   * The state that this notice changes. Kinds of one state share their subjects: an outage that is over must not be the
   * log's last word. Undefined: it changes none, and a second one is a repetition.
   */
  readonly changes?: 'connection' | 'spool' | 'health';
  /** Lines of one subject are counted together. Default: the kind, or the state. */
  readonly subject?: (notice: NoticeOf<Kind>) => string;
  readonly text: (notice: NoticeOf<Kind>) => string;
  /** How many such events the notice stands for. Default: one. */
  readonly count?: (notice: NoticeOf<Kind>) => number;
  /** What an operator should do, for docs/telemetry.md. */
  readonly act: string;
}

/** The log line and the metrics of everything that can happen. `requested` also becomes a span. */
export const catalogue: { readonly [Kind in NoticeKind]: CatalogueEntry<Kind> } = {
  connected: {
    help: 'The first connection stands.',
    level: 'info',
    changes: 'connection',
    text: ({ brokers }) => `Connected to Kafka at ${brokers.join(', ')}.`,
    act: 'Nothing.',
  },
  'connect-failed': {
    help: 'No broker could be reached at the start.',
    level: 'warn',
    changes: 'connection',
    text: ({ error }) => `${error.message} Pushes wait for it until their deadline.`,
    act: 'Check what the line names: address, TLS or login.',
    measure: ({ error }, measure) => measure('connectionFailures', 1, { error }),
  },
  disconnected: {
    help: 'Brokers answered before, and none does any more.',
    level: 'warn',
    changes: 'connection',
    text: ({ error }) =>
      `No Kafka broker answers any more: ${error.message} Pushes wait until their deadline.`,
    act: 'Look at the brokers and the network between. What waits is sent when they are back.',
    measure: ({ error }, measure) => measure('connectionFailures', 1, { error }),
  },
  reconnected: {
    help: 'A broker answers again.',
    level: 'info',
    changes: 'connection',
    text: ({ downFor }) => `Kafka answers again, after ${(downFor / 1_000).toFixed(1)} s.`,
    act: 'Nothing.',
  },
  requested: {
    help: 'A produce request was answered, or will not be. Also a span.',
    measure: ({ report }, measure) => measureRequest(report, measure),
  },
  'timestamp-replaced': {
    help: 'An event without a usable timestamp is stored under the time of sending.',
    level: 'warn',
    text: ({ event, timestamp }) =>
      `Event "${event}" has no usable timestamp (${timestamp}): ` +
      'the time of sending is stored instead, here and for every event like it.',
    act: 'Set `timestamp` where the event is made: milliseconds since 1970.',
    measure: (_notice, measure) => measure('timestampsReplaced', 1),
  },
  'key-missing': {
    help: 'The key of an event was not found, so that its name is the key: all such events go to one partition.',
    level: 'warn',
    subject: ({ from }) => `key-missing ${from}`,
    text: ({ event, from, used }) =>
      `Event "${event}": ${from} finds no key in it. Its name is used instead, "${used}", as for every event like it: ` +
      'they all go to one partition, and in no order with other events of the same user.',
    act: 'Correct the path, or add a fallback: `["user.id", "user.device"]`. `walkeros-kafka doctor` tries it on the examples of the flow.',
    measure: (_notice, measure) => measure('keyFallbacks', 1),
  },
  'topic-missing': {
    help: 'The cluster says that there is no such topic.',
    level: 'error',
    subject: ({ topic }) => missing(topic),
    text: ({ error }) => error.message,
    act: 'Run the command that the line names, or correct the name.',
  },
  retrying: {
    help: 'Records of one partition are sent again after a pause.',
    level: 'warn',
    subject: ({ topic, error }) => failing('retrying', topic, error),
    text: ({ topic, delay, error }) =>
      `Kafka topic "${topic}": trying again in ${delay} ms. ${error.message}`,
    act: 'Nothing at first: elections pass. If it goes on, look at the partition’s leader and its replicas.',
    measure: ({ topic, error, records }, measure) => measure('retried', records, { topic, error }),
  },
  'batch-halved': {
    help: 'A batch was too large for the broker, or holds a bad record that the broker does not name: its records go in smaller ones.',
    level: 'info',
    subject: ({ topic, error }) => `batch-halved ${topic} ${errorType(error)}`,
    text: ({ topic, bytes, records, error }) => `Kafka topic "${topic}": ${batchOf(records, bytes, error)}`,
    act: 'Too large: lower `batchSize`, or raise the topic’s `max.message.bytes`, for each halving costs a request. Else: mend what the line names.',
    measure: ({ topic, error, records }, measure) => measure('retried', records, { topic, error }),
  },
  'gave-up': {
    help: 'A push failed because its time or its tries were used up.',
    level: 'error',
    subject: ({ topic, error }) => failedPush('gave-up', topic, error),
    text: ({ error }) => error.message,
    count: ({ records = 1 }) => records,
    act: 'Look at the cause that the line names. A record that "may have been written" can be there twice if sent again.',
    measure: ({ topic, error, records = 1 }, measure) => measure('rejected', records, { topic, error }),
  },
  rejected: {
    help: 'A push failed because its record can never be stored.',
    level: 'error',
    subject: ({ topic, error }) => failedPush('rejected', topic, error),
    text: ({ error }) => error.message,
    act: 'Change what the line names. `settings.deadLetter` keeps such records.',
    measure: ({ topic, error }, measure) => measure('rejected', 1, { topic: declared(topic, error), error }),
  },
  'dead-lettered': {
    help: 'A refused record was stored in the dead-letter topic; its push succeeded.',
    level: 'warn',
    subject: ({ topic, error }) => failing('dead-lettered', topic, error),
    text: ({ topic, deadLetterTopic, error }) =>
      `Kafka topic "${topic}": a rejected record was stored in the dead-letter topic "${deadLetterTopic}". ${error.message}`,
    act: 'Fix the cause, then run `npx walkeros-kafka dead-letters resend flow.json`.',
    measure: ({ topic, error }, measure) =>
      measure('deadLettered', 1, { topic: declared(topic, error), error }),
  },
  'buffer-full': {
    help: '`bufferMemory` is full: a push waits for room, or goes to the spool.',
    level: 'warn',
    text: ({ bufferMemory, spooled }) =>
      `settings.kafka.bufferMemory (${bufferMemory} bytes) is full: pushes ${spooled ? 'go to the spool' : 'wait for room'}. ` +
      'The cluster takes records more slowly than they come.',
    act: 'Add partitions or brokers; raise `bufferMemory` for a stall that passes.',
    measure: (_notice, measure) => measure('bufferFull', 1),
  },
  'schema-unavailable': {
    help: 'The schema of a topic could not be looked up.',
    level: 'warn',
    subject: ({ topic, error }) => failing('schema-unavailable', topic, error),
    text: ({ topic, error, inUse }) =>
      `${error.message} ` +
      (inUse
        ? `The schema known so far of topic "${topic}" stays in use.`
        : `Values for topic "${topic}" that need it wait or are rejected.`),
    act: 'Look at the Schema Registry, or register the schema. Known schemas go on working meanwhile.',
    measure: ({ topic, error }, measure) => measure('schemaFailures', 1, { topic, error }),
  },
  'left-behind': {
    help: 'The destination closed before all records were acknowledged.',
    level: 'error',
    text: ({ records }) =>
      `The destination closed with ${plural(records, 'record')} not acknowledged; each was rejected to its push.`,
    act: 'Find out why the cluster was slow at that time; the senders were told.',
    measure: ({ records }, measure) => measure('rejected', records, { error: closedError }),
  },
  'spool-opened': {
    help: 'Where the spool is.',
    level: 'info',
    subject: ({ path }) => `spool-opened ${path}`,
    text: ({ path }) => `The spool is ${path}.`,
    act: 'Nothing.',
  },
  'spool-left': {
    help: 'The spool holds records of an earlier run: they are sent first.',
    level: 'info',
    changes: 'spool',
    subject: ({ topic }) => `spool ${topic}`,
    text: ({ topic, records }) =>
      `The spool holds ${plural(records, 'record')} for Kafka topic "${topic}" from an earlier run, to be sent first.`,
    act: 'Nothing.',
  },
  'spool-stays': {
    help: 'The destination closed while the spool held records: the next start sends them.',
    level: 'info',
    text: ({ path, records }) =>
      `${plural(records, 'record')} ${records === 1 ? 'stays' : 'stay'} in the spool ${path}.`,
    act: 'Start the flow again, or run `npx walkeros-kafka spool drain flow.json` before its disk goes.',
  },
  'batch-restored': {
    help: 'A batch was in flight when the last process ended. It is sent again as it was, and the broker stores it once.',
    level: 'info',
    subject: ({ topic, partition }) => `batch-restored ${topic} ${partition}`,
    text: ({ topic, partition, records }) =>
      `Kafka topic "${topic}", partition ${partition}: a batch of ${plural(records, 'record')} was in flight when the last process ` +
      'ended. It is sent again under its old sequence, so that none of them is stored twice.',
    act: 'Nothing.',
  },
  'may-be-doubled': {
    help: 'Records were sent a second time although nobody knows whether the first time stored them: the topic may have them twice.',
    level: 'warn',
    subject: ({ topic, partition }) => `may-be-doubled ${topic} ${partition}`,
    text: ({ topic, partition, records }) =>
      `Kafka topic "${topic}", partition ${partition}: ${plural(records, 'record')} may be stored twice. Nobody knows whether the ` +
      'first request stored what it carried, and the broker cannot recognise it any more.',
    act: 'Nothing, if consumers tolerate a duplicate. It happens when a broker does not say for two minutes what it stored, after a damaged or downgraded spool, with a topic that lost data, or after more than a day without a producer.',
    measure: ({ topic, records }, measure) => measure('maybeDoubled', records, { topic }),
  },
  'spool-damaged': {
    help: 'The spool could not be read: it was set aside, and a new one begun.',
    level: 'error',
    text: ({ path, movedTo, records }) =>
      `The spool "${path}" was damaged and is now "${movedTo}"; a new one was begun with the ` +
      `${plural(records, 'record')} that could still be read. Keep the old file if you need to look for more.`,
    act: 'Check the disk. Keep the file that was set aside until you are sure that no records are missing.',
    measure: (_notice, measure) => measure('spoolFailures', 1),
  },
  spooling: {
    help: 'Records of a topic go to the spool: Kafka does not take them in time or within their `retries`, memory has no room for them, or they follow such records.',
    level: 'warn',
    changes: 'spool',
    subject: ({ topic }) => `spool ${topic}`,
    text: ({ topic, why }) =>
      `Kafka topic "${topic}": records go to the spool from here on, and to Kafka once it takes them. ` +
      spoolingBecause(why),
    act: 'Look at the cluster. Nothing is lost while the spool has room (`settings.spool.maxBytes`).',
  },
  'spool-drained': {
    help: 'Everything in the spool was delivered, or refused by the broker.',
    level: 'info',
    changes: 'spool',
    subject: ({ topic }) => `spool ${topic}`,
    text: ({ topic, refused }) =>
      `Kafka topic "${topic}": everything in the spool was delivered` +
      (refused > 0
        ? `, but for ${plural(refused, 'record')} that the broker refused: ${refused === 1 ? 'it stays' : 'they stay'} in it.`
        : '.'),
    act: 'Nothing; refused records have lines of their own.',
  },
  'spool-refused': {
    help: 'The broker will never accept a record of the spool; its push resolved long ago.',
    level: 'error',
    subject: ({ topic, error }) => failing('spool-refused', topic, error),
    text: ({ topic, error }) =>
      `Kafka topic "${topic}" refused a record of the spool. It stays there and is tried again at the next ` +
      `start; settings.deadLetter would take it. ${error.message}`,
    act: 'Fix the cause and restart the flow, or set `settings.deadLetter`.',
    measure: ({ topic, error }, measure) => measure('spoolRefused', 1, { topic, error }),
  },
  'spool-row-damaged': {
    help: 'A row of the spool is damaged: it is set aside, and the others are delivered.',
    level: 'error',
    subject: ({ topic }) => `spool-row-damaged ${topic}`,
    text: ({ error }) => error.message,
    act: 'Check the disk. `spool status` counts such rows as refused; they stay in the file.',
    measure: ({ topic, error }, measure) => measure('spoolRefused', 1, { topic, error }),
  },
  'spool-failed': {
    help: 'A record could not be kept: the disk refused, or the spool is full.',
    level: 'error',
    subject: ({ error }) => `spool-failed ${error.code}`,
    text: ({ error }) => error.message,
    act: 'Make room on the disk, or raise `settings.spool.maxBytes`.',
    measure: ({ error }, measure) => measure('spoolFailures', 1, { error }),
  },
  'health-opened': {
    help: 'Where `settings.health` answers.',
    level: 'info',
    changes: 'health',
    subject: ({ address }) => `health ${address}`,
    text: ({ address }) => `Health is answered at ${address}: GET /ready and GET /live.`,
    act: 'Nothing.',
  },
  'health-unavailable': {
    help: 'The port or socket of `settings.health` could not be opened.',
    level: 'error',
    changes: 'health',
    subject: ({ address }) => `health ${address}`,
    text: ({ address, reason }) =>
      `settings.health: ${address} cannot be opened (${reason}). Events go on, and it is tried again every five seconds.`,
    act: 'Free the port, make the folder of the socket, or name another one. Until then a probe gets no answer, or that of another process.',
  },
};

/** The pushes were rejected with this code. */
const closedError = new KafkaError('DESTINATION_CLOSED', 'the destination closed');

/** Why a batch is halved: its size is only one of the reasons. */
function batchOf(records: number, bytes: number, error: KafkaError): string {
  if (error.code === 'RECORD_REJECTED') {
    if (error.kafkaCode === undefined)
      return `a batch of ${plural(records, 'record')} is sent in halves. ${error.message}`;
    return (
      `the broker refuses a batch of ${plural(records, 'record')} and does not say for which of them (${error.kafkaCode}): it is ` +
      `sent in halves until they are found. ${error.message}`
    );
  }
  return (
    `a batch of ${plural(records, 'record')}, ${bytes} bytes before compression, was too large for the broker and is sent in ` +
    'halves. Lower settings.kafka.batchSize, or raise max.message.bytes.'
  );
}

const missing = (topic: string): string => `topic-missing ${topic}`;

/** The topic, for metrics and as a subject. One that an event made up is none: there may be any number of them. */
function declared(topic: string, error: KafkaError): string | undefined {
  return error.code === 'TOPIC_UNDECLARED' ? undefined : topic;
}

/** One subject for each cause, as in the metrics: the second cause must not hide in the count of the first. */
function failing(kind: NoticeKind, topic: string, error: KafkaError): string {
  return `${kind} ${declared(topic, error)} ${errorType(error)}`;
}

/** Pushes that fail because their topic is missing repeat the notice that it is missing. */
function failedPush(kind: NoticeKind, topic: string, error: KafkaError): string {
  return isMissingTopic(error) ? missing(topic) : failing(kind, topic, error);
}

function isMissingTopic(error: unknown): boolean {
  return error instanceof KafkaError && (error.code === 'TOPIC_MISSING' || isMissingTopic(error.cause));
}

function spoolingBecause(why: NoticeOf<'spooling'>['why']): string {
  if (why === 'no-room') return 'There is no room left in settings.kafka.bufferMemory.';
  if (why === 'order') return 'Older records of its partition or topic are there, and go first.';
  return why.message;
}
