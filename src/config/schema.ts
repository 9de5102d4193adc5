import { z } from 'zod';
import { saslSchema, sslSchema } from './security-schema.ts';
import { defaultWithSpool } from './timeouts.ts';
import { ruleValueSchema, valueSchema } from './value-schema.ts';
import { headerSettings, keySetting, topicSetting } from './mapping-values.ts';
import {
  broker,
  bytes,
  choice,
  count,
  flag,
  milliseconds,
  object,
  optional,
  text,
  topicName,
  withDefault,
} from './values.ts';

/**
 * The single truth of the settings: types, defaults, messages and help. `describe` texts are the public
 * documentation (docs/settings.md, README, walkerOS.json), so each says shape, unit and what changing it costs.
 * What concerns several settings at once stands in rules.ts.
 */

const retry = object('{ "retries": 5 }', {
  maxRetryTime: withDefault(milliseconds(), 30_000).describe(
    'Longest pause after such an answer, in ms. The pauses double up to it, and end at `deliveryTimeout`.',
  ),
  initialRetryTime: withDefault(milliseconds(), 300).describe(
    'First pause, in ms. Shorter asks a struggling broker more often.',
  ),
  retries: withDefault(count(), 5).describe(
    'How many retriable errors of the broker ("try again") a record may get before its push fails, or with `spool` its record goes there. ' +
      'Time without a reachable broker does not count. `0`: the first such answer is final.',
  ),
})
  .prefault({})
  .describe(
    'What happens when a broker answers "try again", as in an election. A broker that cannot be reached is tried every ' +
      'second, and a new leader is sent to at once.',
  );

const kafka = z.strictObject(
  {
    brokers: z
      .array(broker(), {
        error: ({ input }) =>
          `${input === undefined ? 'is missing: write' : 'must be'} a list of host:port, for example ["kafka1:9092"]`,
      })
      .min(1, 'is empty: name at least one broker, for example ["kafka1:9092"]')
      .describe(
        'Brokers to start from, as `host:port` (IPv6: `[::1]:9092`); the others are learnt from them. ' +
          'Name two or more: with one, the destination cannot connect while that broker is down.',
      ),
    topic: topicSetting().describe(
      'Topic the events go to, unless a mapping rule names another: 1–249 of `a-z A-Z 0-9 . _ -`. Or ' +
        '`{ value, topics, prefix }`: the mapping value `value` chooses one of `topics`, or of those whose name begins with `prefix`; ' +
        'an event that names any other goes to the dead letters.',
    ),
    clientId: withDefault(text('walkeros'), 'walkeros').describe(
      "Name under which the brokers' logs, metrics and quotas know this destination.",
    ),
    ssl: sslSchema,
    sasl: saslSchema,
    client: withDefault(choice(['platformatic', 'kafkajs']), 'platformatic').describe(
      'Library that speaks to Kafka: `@platformatic/kafka` or `kafkajs`. Both are installed, and take about the same CPU.',
    ),
    connectionTimeout: withDefault(milliseconds(), 1_000).describe(
      'Longest wait for a connection to one broker, in ms, before the next is tried.',
    ),
    requestTimeout: withDefault(milliseconds(), 30_000).describe(
      'Longest wait for the answer to one request, in ms, and at most 5/8 of `deliveryTimeout`, so that one more try fits in ' +
        '(in effect 18750 with the defaults, 15000 with `settings.spool`). ' +
        "Shorter than a broker's stall (about 9 s when a follower freezes) makes duplicates.",
    ),
    acks: z
      .literal([-1, 0, 1], {
        error: 'must be -1 (all in-sync replicas), 1 (leader) or 0 (none), without quotes',
      })
      .default(-1)
      .describe(
        'Who must have stored a record before its push succeeds: `-1` all in-sync replicas, `1` the leader only ' +
          '(lost if it dies), `0` no one (losses go unseen).',
      ),
    timeout: withDefault(milliseconds(), 30_000).describe(
      'How long the leader may wait for its replicas with `acks: -1`, in ms.',
    ),
    compression: withDefault(choice(['none', 'gzip', 'snappy', 'lz4', 'zstd']), 'gzip').describe(
      'Compression codec of each request. All work as installed; consumers must support it. `none` costs network and disk.',
    ),
    idempotent: withDefault(flag(), false).describe(
      'Idempotent producer: a repeated request stores nothing twice, as long as the process lives; with `spool.mode: always` also when it is killed. Needs `acks: -1`.',
    ),
    allowAutoTopicCreation: withDefault(flag(), false).describe(
      'Lets the broker create a missing topic with its own defaults (often 1 partition, 1 replica). ' +
        'A misspelt topic then becomes a new one.',
    ),
    key: optional(keySetting('user.id')).describe(
      'Mapping path of the message key, such as `user.id`, or any other mapping value, such as `["user.id", "user.device"]`. ' +
        'Records of one key stay in order, in one partition. `false`: no key, and no order. ' +
        'Default, and where nothing is found: the event name with spaces as `_`. Changing it moves keys to other partitions.',
    ),
    headers: withDefault(headerSettings(), {}).describe(
      'Headers of every message, after those of the format (`content-type: application/json`), which they may replace. ' +
        'Text is sent as it stands; a mapping value, such as `{ "key": "user.id" }`, gives the value from the event, ' +
        'and no header where it finds nothing.',
    ),
    retry,
    linger: withDefault(milliseconds(0), 0).describe(
      'How long a record waits for others to share its request, in ms. ' +
        '`0`: only while another request is out. More saves requests and delays each push by as much.',
    ),
    batchSize: withDefault(bytes(), 1_000_000).describe(
      'Most bytes per partition in one request, before compression. ' +
        "Above the broker's `message.max.bytes` (1 MB) requests are refused and halved.",
    ),
    bufferMemory: withDefault(bytes(), 33_554_432).describe(
      'Most bytes that wait to be sent. Beyond it a push waits for room and fails at `deliveryTimeout`; with `spool` its record goes there at once. ' +
        'More outlives a longer stall and takes as much memory.',
    ),
    deliveryTimeout: withDefault(milliseconds(), 30_000).describe(
      `Longest a push may take, in ms, all tries included (${defaultWithSpool} by default with \`settings.spool\`). ` +
        'Long enough to outlive a broker: a new leader takes about 10 s. With a spool the disk takes over, so that no push waits longer. ' +
        "The destination's `config.timeout`, at which the collector counts a push as failed, is raised to 5/4 of it where it " +
        'is not set. Where it is, pushes settle before it: by default, after 4/5 of it.',
    ),
  },
  {
    error: ({ input }) =>
      `${input === undefined ? 'is missing: write' : 'must be'} an object, for example { "brokers": ["kafka1:9092"], "topic": "events" }`,
  },
);

const deadLetter = object('{ "topic": "events-dead" }', {
  topic: topicName().describe(
    'Topic for records that Kafka refuses for good, unchanged, with headers that say why. Their push then succeeds.',
  ),
})
  .optional()
  .describe('Where refused records go. Without it their push fails.');

const spool = object('{ "path": "/var/lib/walkeros/kafka.spool" }', {
  path: text('/var/lib/walkeros/kafka.spool').describe(
    'Absolute path of a file on a local disk that outlives the process; a missing folder is created. ' +
      'Only one destination can use it at a time.',
  ),
  mode: withDefault(choice(['overflow', 'always']), 'overflow').describe(
    'Which records go to the spool. `overflow`: those that Kafka has not acknowledged an eighth (one second at most) before the end of `deliveryTimeout` or within `retry.retries`; from then on all that come to that partition, until Kafka stores something of it; those that have no room in `bufferMemory`, that follow records which the spool alone has, or that are left at shutdown. ' +
      '`always`: every record, and its push succeeds once the disk or Kafka has it, so that a killed process loses nothing it acknowledged; costs a disk sync, which pushes share.',
  ),
  maxBytes: withDefault(bytes(), 1_073_741_824).describe(
    'Most bytes of records in the spool. Beyond it pushes fail; nothing in the spool is dropped.',
  ),
})
  .optional()
  .describe('Keeps on the disk what Kafka does not take in time, and delivers it later, in order.');
const portRange = 'must be a port from 1 to 65535';

const telemetry = object('{ "traceparent": "ingest.traceparent" }', {
  traceparent: optional(text('ingest.traceparent')).describe(
    'Mapping path of the W3C `traceparent` that an event carries, such as `custom.traceparent`, or ' +
      "`ingest.traceparent` for what the source's `config.ingest` put there. A valid one goes out as the header " +
      '`traceparent`, in place of a static one. Default: no such header.',
  ),
})
  .optional()
  .describe(
    'What is passed on to traces. Metrics and spans need no setting: they come with an OpenTelemetry SDK.',
  );

const health = object('{ "port": 8090 }', {
  port: count()
    .min(1, portRange)
    .max(65_535, portRange)
    .optional()
    .describe('TCP port that answers `GET /ready` and `GET /live`. Set it or `socket`.'),
  host: optional(text('0.0.0.0')).describe(
    'Address that the port is opened on. Default: `127.0.0.1`, which this machine alone reaches. The `httpGet` probes of ' +
      'Kubernetes need `0.0.0.0`; anybody who reaches it reads states and error messages, no secrets.',
  ),
  socket: optional(text('/run/walkeros/health.sock')).describe(
    'Absolute path of a Unix socket that answers instead of a port. Its folder must exist.',
  ),
})
  .optional()
  .describe(
    'Answers over HTTP how the Kafka destinations of the process fare, as `kafkaHealth()` tells it. Default: nothing is opened.',
  );

export const settingsSchema = z.strictObject(
  {
    kafka: kafka.describe('Connection and producer.'),
    value: valueSchema,
    deadLetter,
    spool,
    telemetry,
    health,
  },
  {
    error: ({ input }) =>
      `${input === undefined ? 'are missing: write' : 'must be'} an object, for example { "kafka": { "brokers": ["kafka1:9092"], "topic": "events" } }`,
  },
);

export const ruleSettingsSchema = object('{ "topic": "orders" }', {
  key: optional(keySetting('data.id')).describe(
    'Message key; wins over `settings.kafka.key`, and has its forms.',
  ),
  headers: optional(headerSettings()).describe(
    'Added to `settings.kafka.headers`, and before them where the name is the same.',
  ),
  topic: optional(topicSetting()).describe(
    'Topic of these events; wins over `settings.kafka.topic`, and has its forms.',
  ),
  tombstone: withDefault(flag(), false).describe(
    'Writes no value, only the key: a compacted topic then forgets what it has of that key. Needs `key`, here or in ' +
      '`settings.kafka`; an event in which the key finds nothing fails.',
  ),
  value: ruleValueSchema,
});

export type ParsedSettings = z.output<typeof settingsSchema>;
export type ParsedRule = z.output<typeof ruleSettingsSchema>;
