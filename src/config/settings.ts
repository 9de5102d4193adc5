// Written by `npm run docs` from the schemas of this folder: change those, and not this file.

import type { Compatibility } from '../model/schema.ts';
import type { ConnectionOptions } from 'node:tls';
import type { CredentialsProvider, OAuthBearerProvider } from './providers.ts';
import type { HeaderSetting, KeySetting, TopicSetting } from '../record/settings.ts';

/** `config.settings` as users write it: only `kafka.brokers` and `kafka.topic` are required. */
export type Settings = {
  /** Connection and producer. */
  kafka: {
    /**
     * Brokers to start from, as `host:port` (IPv6: `[::1]:9092`); the others are learnt from them. Name two or more:
     * with one, the destination cannot connect while that broker is down.
     */
    brokers: string[];
    /**
     * Topic the events go to, unless a mapping rule names another: 1–249 of `a-z A-Z 0-9 . _ -`. Or `{ value, topics,
     * prefix }`: the mapping value `value` chooses one of `topics`, or of those whose name begins with `prefix`; an
     * event that names any other goes to the dead letters.
     */
    topic: TopicSetting;
    /**
     * Name under which the brokers' logs, metrics and quotas know this destination.
     * @default "walkeros"
     */
    clientId?: string | undefined;
    /**
     * Encrypts the connection. `true`: TLS with the CAs that come with Node; an object: Node's
     * `tls.ConnectionOptions`, for a private `ca`, a client certificate (`cert`, `key`, `passphrase`, or `pfx`),
     * `servername` or `minVersion`. Certificates and keys are PEM text, the path of a file, or a Buffer; files are
     * read again for each new connection. With `rejectUnauthorized: false` anyone on the way can read and change what
     * is sent.
     * @default false
     */
    ssl?: boolean | ConnectionOptions | undefined;
    /** How to log in at the brokers. Without it no login takes place. */
    sasl?:
      | {
          /**
           * How to log in. `plain` and `scram-sha-…` take `username` and `password`, or `credentials`; `oauthbearer` takes
           * `oauth`, `token` or `oauthBearerProvider`. `aws` (MSK IAM) takes `accessKeyId` and `secretAccessKey`, or uses
           * the AWS credential chain. It needs `ssl`.
           */
          mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512' | 'aws' | 'oauthbearer';
          /** User name, for `plain` and `scram-sha-…`. */
          username?: string | undefined;
          /** Password, for `plain` and `scram-sha-…`. Never logged; `plain` sends it readable without `ssl`. */
          password?: string | undefined;
          /**
           * Function `() => Promise<{ username: string; password: string }>`, instead of `username` and `password` (code
           * only). It is asked at each login, so that a password can be replaced without a restart.
           */
          credentials?: CredentialsProvider | undefined;
          /**
           * OAuth 2 client credentials, for `oauthbearer`. One token serves all connections and is replaced after two
           * thirds of its life; while the endpoint is down the old one goes on.
           */
          oauth?: KafkaOAuthClient | undefined;
          /** A fixed bearer token, for `oauthbearer`. Never logged. When it expires, the connection ends. */
          token?: string | undefined;
          /**
           * Function `() => Promise<{ value: string; lifetime?: number; expiresAt?: number; extensions?: object }>` that
           * fetches a bearer token, for `oauthbearer` (code only). It is asked again after two thirds of the life; where
           * none is told and the token is no JWT, at each login.
           */
          oauthBearerProvider?: OAuthBearerProvider | undefined;
          /**
           * AWS region of the cluster, for `aws`. Default: the one in the brokers' host names, else `AWS_REGION`, else
           * `AWS_DEFAULT_REGION`.
           */
          region?: string | undefined;
          /**
           * AWS access key, for `aws`. Without it the AWS credential chain is asked: environment, profile, SSO, web
           * identity, container, instance.
           */
          accessKeyId?: string | undefined;
          /** AWS secret key, for `aws`. Never logged. */
          secretAccessKey?: string | undefined;
          /** AWS token of temporary credentials, for `aws`. Never logged. */
          sessionToken?: string | undefined;
          /**
           * `aws` with `client: "kafkajs"`: kafkajs's own mechanism `AWS` with this UserId or RoleId, for brokers that have
           * its login module. MSK has not: leave it out there.
           */
          authorizationIdentity?: string | undefined;
        }
      | undefined;
    /**
     * Library that speaks to Kafka: `@platformatic/kafka` or `kafkajs`. Both are installed, and take about the same
     * CPU.
     * @default "platformatic"
     */
    client?: 'platformatic' | 'kafkajs' | undefined;
    /**
     * Longest wait for a connection to one broker, in ms, before the next is tried.
     * @default 1000
     */
    connectionTimeout?: number | undefined;
    /**
     * Longest wait for the answer to one request, in ms, and at most 5/8 of `deliveryTimeout`, so that one more try
     * fits in (in effect 18750 with the defaults, 15000 with `settings.spool`). Shorter than a broker's stall (about
     * 9 s when a follower freezes) makes duplicates.
     * @default 30000
     */
    requestTimeout?: number | undefined;
    /**
     * Who must have stored a record before its push succeeds: `-1` all in-sync replicas, `1` the leader only (lost if
     * it dies), `0` no one (losses go unseen).
     * @default -1
     */
    acks?: -1 | 0 | 1 | undefined;
    /**
     * How long the leader may wait for its replicas with `acks: -1`, in ms.
     * @default 30000
     */
    timeout?: number | undefined;
    /**
     * Compression codec of each request. All work as installed; consumers must support it. `none` costs network and
     * disk.
     * @default "gzip"
     */
    compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd' | undefined;
    /**
     * Idempotent producer: a repeated request stores nothing twice, as long as the process lives; with `spool.mode:
     * always` also when it is killed. Needs `acks: -1`.
     * @default false
     */
    idempotent?: boolean | undefined;
    /**
     * Lets the broker create a missing topic with its own defaults (often 1 partition, 1 replica). A misspelt topic
     * then becomes a new one.
     * @default false
     */
    allowAutoTopicCreation?: boolean | undefined;
    /**
     * Mapping path of the message key, such as `user.id`, or any other mapping value, such as `["user.id",
     * "user.device"]`. Records of one key stay in order, in one partition. `false`: no key, and no order. Default,
     * and where nothing is found: the event name with spaces as `_`. Changing it moves keys to other partitions.
     */
    key?: KeySetting | undefined;
    /**
     * Headers of every message, after those of the format (`content-type: application/json`), which they may replace.
     * Text is sent as it stands; a mapping value, such as `{ "key": "user.id" }`, gives the value from the event, and
     * no header where it finds nothing.
     * @default {}
     */
    headers?: Record<string, HeaderSetting> | undefined;
    /**
     * What happens when a broker answers "try again", as in an election. A broker that cannot be reached is tried
     * every second, and a new leader is sent to at once.
     */
    retry?:
      | {
          /**
           * Longest pause after such an answer, in ms. The pauses double up to it, and end at `deliveryTimeout`.
           * @default 30000
           */
          maxRetryTime?: number | undefined;
          /**
           * First pause, in ms. Shorter asks a struggling broker more often.
           * @default 300
           */
          initialRetryTime?: number | undefined;
          /**
           * How many retriable errors of the broker ("try again") a record may get before its push fails, or with `spool`
           * its record goes there. Time without a reachable broker does not count. `0`: the first such answer is final.
           * @default 5
           */
          retries?: number | undefined;
        }
      | undefined;
    /**
     * How long a record waits for others to share its request, in ms. `0`: only while another request is out. More
     * saves requests and delays each push by as much.
     * @default 0
     */
    linger?: number | undefined;
    /**
     * Most bytes per partition in one request, before compression. Above the broker's `message.max.bytes` (1 MB)
     * requests are refused and halved.
     * @default 1000000
     */
    batchSize?: number | undefined;
    /**
     * Most bytes that wait to be sent. Beyond it a push waits for room and fails at `deliveryTimeout`; with `spool`
     * its record goes there at once. More outlives a longer stall and takes as much memory.
     * @default 33554432
     */
    bufferMemory?: number | undefined;
    /**
     * Longest a push may take, in ms, all tries included (8000 by default with `settings.spool`). Long enough to
     * outlive a broker: a new leader takes about 10 s. With a spool the disk takes over, so that no push waits
     * longer. The destination's `config.timeout`, at which the collector counts a push as failed, is raised to 5/4 of
     * it where it is not set. Where it is, pushes settle before it: by default, after 4/5 of it.
     * @default 30000
     */
    deliveryTimeout?: number | undefined;
  };
  /** What the stored values look like. */
  value?: Value | undefined;
  /** Where refused records go. Without it their push fails. */
  deadLetter?:
    | {
        /** Topic for records that Kafka refuses for good, unchanged, with headers that say why. Their push then succeeds. */
        topic: string;
      }
    | undefined;
  /** Keeps on the disk what Kafka does not take in time, and delivers it later, in order. */
  spool?:
    | {
        /**
         * Absolute path of a file on a local disk that outlives the process; a missing folder is created. Only one
         * destination can use it at a time.
         */
        path: string;
        /**
         * Which records go to the spool. `overflow`: those that Kafka has not acknowledged an eighth (one second at most)
         * before the end of `deliveryTimeout` or within `retry.retries`; from then on all that come to that partition,
         * until Kafka stores something of it; those that have no room in `bufferMemory`, that follow records which the
         * spool alone has, or that are left at shutdown. `always`: every record, and its push succeeds once the disk or
         * Kafka has it, so that a killed process loses nothing it acknowledged; costs a disk sync, which pushes share.
         * @default "overflow"
         */
        mode?: 'overflow' | 'always' | undefined;
        /**
         * Most bytes of records in the spool. Beyond it pushes fail; nothing in the spool is dropped.
         * @default 1073741824
         */
        maxBytes?: number | undefined;
      }
    | undefined;
  /** What is passed on to traces. Metrics and spans need no setting: they come with an OpenTelemetry SDK. */
  telemetry?:
    | {
        /**
         * Mapping path of the W3C `traceparent` that an event carries, such as `custom.traceparent`, or
         * `ingest.traceparent` for what the source's `config.ingest` put there. A valid one goes out as the header
         * `traceparent`, in place of a static one. Default: no such header.
         */
        traceparent?: string | undefined;
      }
    | undefined;
  /**
   * Answers over HTTP how the Kafka destinations of the process fare, as `kafkaHealth()` tells it. Default: nothing
   * is opened.
   */
  health?:
    | {
        /** TCP port that answers `GET /ready` and `GET /live`. Set it or `socket`. */
        port?: number | undefined;
        /**
         * Address that the port is opened on. Default: `127.0.0.1`, which this machine alone reaches. The `httpGet`
         * probes of Kubernetes need `0.0.0.0`; anybody who reaches it reads states and error messages, no secrets.
         */
        host?: string | undefined;
        /** Absolute path of a Unix socket that answers instead of a port. Its folder must exist. */
        socket?: string | undefined;
      }
    | undefined;
};

/** `config.mapping.<entity>.<action>.settings` as users write it: what differs for these events. */
export type RuleSettings = {
  /** Message key; wins over `settings.kafka.key`, and has its forms. */
  key?: KeySetting | undefined;
  /** Added to `settings.kafka.headers`, and before them where the name is the same. */
  headers?: Record<string, HeaderSetting> | undefined;
  /** Topic of these events; wins over `settings.kafka.topic`, and has its forms. */
  topic?: TopicSetting | undefined;
  /**
   * Writes no value, only the key: a compacted topic then forgets what it has of that key. Needs `key`, here or in
   * `settings.kafka`; an event in which the key finds nothing fails.
   * @default false
   */
  tombstone?: boolean | undefined;
  /**
   * What differs from `settings.value` for these events, such as `schema`; with another `format` only `registry` is
   * taken over.
   */
  value?: RuleValue | undefined;
};

/** `config.setup` as users write it, for `walkeros setup`; `true` is refused, since there is no safe default. */
export type Setup = {
  /** Topic to create. Default: `settings.kafka.topic`. */
  topic?: string | undefined;
  /** Partitions: the most consumers that can share the topic. No safe default: to raise it later moves keys. */
  numPartitions: number;
  /** Copies of each partition, on as many brokers. No safe default: with `1` a lost broker loses events; 3 is usual. */
  replicationFactor: number;
  /** Settings of the topic, by Kafka's names, such as `{ "retention.ms": "604800000" }`. */
  configEntries?: Record<string, string | number | boolean> | undefined;
  /**
   * What later versions of the schemas of values must stay compatible with. Set on the subject after registration;
   * without it the registry's own level holds.
   */
  compatibility?: Compatibility | undefined;
  /**
   * More topics to provision, by name: those that mapping rules and `deadLetter` point at. Each takes
   * `numPartitions`, `replicationFactor`, `configEntries` and `compatibility` of its own; what it leaves out is as
   * above.
   */
  topics?:
    | Record<
        string,
        {
          /** Partitions of this topic. Default: `setup.numPartitions`. */
          numPartitions?: number | undefined;
          /** Copies of each partition of this topic. Default: `setup.replicationFactor`. */
          replicationFactor?: number | undefined;
          /** Settings of the topic, by Kafka's names, such as `{ "retention.ms": "604800000" }`. */
          configEntries?: Record<string, string | number | boolean> | undefined;
          /**
           * What later versions of its schema must stay compatible with. Set on the subject after registration; without it
           * the registry's own level holds.
           */
          compatibility?: Compatibility | undefined;
        }
      >
    | undefined;
  /**
   * A schema to register at a Confluent Schema Registry, or one with its API, beside those that values are written
   * with: setup registers these by itself. Its login is used for them, too, where they name the same registry.
   */
  schemaRegistry?:
    | {
        /** URL of the Schema Registry; several are tried in turn. For Apicurio, include `/apis/ccompat/v7`. */
        url: string | string[];
        /** Subject to register under; by convention the topic with `-value`. */
        subject: string;
        /** Format of the schema. */
        schemaType: 'AVRO' | 'JSON' | 'PROTOBUF';
        /**
         * The schema itself, as text; an Avro or JSON schema may be an object. `walkeros-event`: the ready-made one of
         * the event. `$contract.<name>.events.<entity>.<action>`: that one, with a part of the flow's contract in it.
         */
        schema: string | Record<string, unknown>;
        /**
         * What later versions of this schema must stay compatible with. Set on the subject after registration; without it
         * the registry's own level holds.
         */
        compatibility?: Compatibility | undefined;
        /** How to log in at the registry. */
        auth?: RegistryAuth | undefined;
        /**
         * Node's `tls.ConnectionOptions` for `https`, such as a private `ca` or a client certificate. Certificates and
         * keys are PEM text, the path of a file, or a Buffer; files are read again for each request.
         */
        ssl?: ConnectionOptions | undefined;
        /**
         * Longest wait for one answer of the registry, in ms.
         * @default 10000
         */
        timeout?: number | undefined;
      }
    | undefined;
  /**
   * Broker and registry check everything, and nothing is created.
   * @default false
   */
  validateOnly?: boolean | undefined;
};

/** What a mapping rule says of how values are written. */
type RuleValue = {
  /**
   * How values are written. `json`: as `JSON.stringify` does. `cloudevents`: by the CloudEvents Kafka binding.
   * `avro`, `json-schema`, `protobuf`: in the Schema Registry's wire format (a zero, the schema's id, the value),
   * or as `schemaId` says.
   */
  format?: 'json' | 'cloudevents' | 'avro' | 'json-schema' | 'protobuf' | undefined;
  /**
   * Content mode of `cloudevents`. `binary` (default): the value stays the event, attributes are `ce_…` headers.
   * `structured`: all in one JSON value.
   */
  mode?: 'binary' | 'structured' | undefined;
  /** For `cloudevents`: the attribute `source`. Default: `walkeros`. */
  source?: string | undefined;
  /** For `cloudevents`: prefix of the attribute `type`, before the event name (spaces as `_`). Default: `walkeros.`. */
  typePrefix?: string | undefined;
  /** The Schema Registry, for `avro`, `json-schema` and `protobuf`. */
  registry?:
    | {
        /** URL of the Schema Registry; several are tried in turn. For Apicurio, include `/apis/ccompat/v7`. */
        url: string | string[];
        /** How to log in at the registry. */
        auth?: RegistryAuth | undefined;
        /**
         * Node's `tls.ConnectionOptions` for `https`, such as a private `ca` or a client certificate. Certificates and
         * keys are PEM text, the path of a file, or a Buffer; files are read again for each request.
         */
        ssl?: ConnectionOptions | undefined;
        /**
         * Longest wait for one answer of the registry, in ms, before the next URL or another try.
         * @default 3000
         */
        timeout?: number | undefined;
      }
    | undefined;
  /**
   * The schema to write with, as text; an Avro or JSON schema may be an object. Default: `walkeros-event`, the
   * ready-made one of the event. Mapped data needs its own. `$contract.<name>.events.<entity>.<action>`: that of
   * the event with a part of the flow's contract in it.
   */
  schema?: string | Record<string, unknown> | undefined;
  /** For `protobuf`: the message of the schema to write. Default: its first. */
  message?: string | undefined;
  /**
   * Where a record tells its schema. `prefix` (default): in front of the value. `header`: in the header
   * `__value_schema_id`, so that the value is plain JSON, Avro or Protobuf; Confluent clients of 8.0 or later read
   * both.
   */
  schemaId?: 'prefix' | 'header' | undefined;
  /**
   * Subject under which the schema is looked up. `topic` (default): `<topic>-value`; `record`: the schema's full
   * name; `topic-record`: `<topic>-<full name>`.
   */
  subjectNameStrategy?: 'topic' | 'record' | 'topic-record' | undefined;
  /** Registers the schema if it is not registered. Default: `false`, so that no flow changes what others read. */
  autoRegister?: boolean | undefined;
  /**
   * Writes with the latest schema version of the subject instead of `schema`. Default: `false`. In a mapping rule
   * it goes before the `schema` of `settings.value`.
   */
  useLatestVersion?: boolean | undefined;
  /**
   * For `useLatestVersion`: how long a schema is taken for the latest, in ms. It is refreshed in the background.
   * Default: 60000.
   */
  latestCacheTtl?: number | undefined;
  /**
   * Names of rules in the schema (encryption, conditions, transformations of a data contract) that values may be
   * written without. No rule is carried out here: a schema with one that is not named refuses its events. Default:
   * none.
   */
  ignoreRules?: string[] | undefined;
};

/** How values are written. */
interface Value extends RuleValue {
  /**
   * How values are written. `json`: as `JSON.stringify` does. `cloudevents`: by the CloudEvents Kafka binding.
   * `avro`, `json-schema`, `protobuf`: in the Schema Registry's wire format (a zero, the schema's id, the value),
   * or as `schemaId` says.
   * @default "json"
   */
  format?: 'json' | 'cloudevents' | 'avro' | 'json-schema' | 'protobuf' | undefined;
}

/** How to log in at a Schema Registry. */
type RegistryAuth = {
  /** User name (or API key), with `password`. */
  username?: string | undefined;
  /** Password (or API secret). Never logged. */
  password?: string | undefined;
  /** A bearer token instead of both. Never logged. */
  token?: string | undefined;
  /**
   * OAuth 2 client credentials, instead of a `token`: fetched when it is needed, shared by all requests, and
   * replaced after two thirds of its life; while the endpoint is down the old one goes on.
   */
  oauth?: OAuthClient | undefined;
  /**
   * Function that fetches a bearer token, as that of `kafka.sasl` (code only), instead of a `token`. `extensions`
   * of its answer are not sent.
   */
  oauthBearerProvider?: OAuthBearerProvider | undefined;
  /** For Confluent Cloud, beside a bearer token: the registry's logical cluster, sent as header `target-sr-cluster`. */
  logicalCluster?: string | undefined;
  /**
   * For Confluent Cloud, beside a bearer token: the identity pool, sent as header `Confluent-Identity-Pool-Id`.
   * Several with commas between.
   */
  identityPoolId?: string | undefined;
};

/** Client credentials of OAuth 2. */
type OAuthClient = {
  /**
   * URL of the token endpoint, called with `POST`; it has 4 s to answer. Its certificate is checked against Node's
   * CAs and those of `NODE_EXTRA_CA_CERTS`.
   */
  tokenEndpoint: string;
  /** OAuth client ID, sent as `tokenEndpointAuthMethod` says. */
  clientId: string;
  /** OAuth client secret, sent as `tokenEndpointAuthMethod` says. Never logged. */
  clientSecret: string;
  /**
   * Where the client ID and secret are sent: `client_secret_basic` in the header of HTTP Basic authentication,
   * `client_secret_post` as the form fields `client_id` and `client_secret`.
   * @default "client_secret_basic"
   */
  tokenEndpointAuthMethod?: 'client_secret_basic' | 'client_secret_post' | undefined;
  /** Scope of the token, if the endpoint requires one. */
  scope?: string | undefined;
  /** Form field `audience`, which some issuers want (Auth0): the API that the token is for. */
  audience?: string | undefined;
  /**
   * Further form fields of the request, name to text, such as `resource`. Never logged.
   * @default {}
   */
  parameters?: Record<string, string> | undefined;
};

/** Client credentials of OAuth 2, for the login at brokers. */
interface KafkaOAuthClient extends OAuthClient {
  /**
   * SASL extensions that go with the token, such as Confluent Cloud's `logicalCluster` and `identityPoolId`.
   * @default {}
   */
  extensions?: Record<string, string> | undefined;
}
