import { printable } from './foreign.ts';

/** What an error says about other tries. */
export interface ErrorTraits {
  /**
   * What it is about. `record`: this one, whatever else is sent. `partition`, `topic`: all its records. `connection`: the broker refuses
   * the settings, and nothing of a record or topic. `network`: no broker answered. `schema`: the registry, or a schema of it.
   * `process`: the destination, its settings or its disk.
   */
  readonly scope: 'record' | 'partition' | 'topic' | 'connection' | 'network' | 'schema' | 'process';
  /**
   * It stays until somebody changes something: to wait for the deadline would help nobody. Read of what refuses a topic, a connection
   * or a schema; whether the answer to a batch is final says its `Outcome` (`transport/errors/broker-errors.ts`).
   */
  readonly final: boolean;
}

const traits = {
  SETTINGS_INVALID: { scope: 'process', final: true },
  FLOW_INVALID: { scope: 'process', final: true },
  EVENT_NOT_SERIALIZABLE: { scope: 'record', final: true },
  VALUE_INVALID: { scope: 'record', final: true },
  KEY_MISSING: { scope: 'record', final: true },
  MAPPING_FAILED: { scope: 'process', final: false },
  BROKER_UNREACHABLE: { scope: 'network', final: false },
  UNSUPPORTED_VERSION: { scope: 'process', final: false },
  WRONG_CLUSTER: { scope: 'connection', final: false },
  TLS_FAILED: { scope: 'connection', final: true },
  AUTHENTICATION_FAILED: { scope: 'connection', final: true },
  LOGIN_EXPIRED: { scope: 'connection', final: false },
  CREDENTIALS_UNAVAILABLE: { scope: 'process', final: false },
  NOT_AUTHORIZED: { scope: 'topic', final: true },
  TOPIC_MISSING: { scope: 'topic', final: false },
  TOPIC_INVALID: { scope: 'topic', final: true },
  TOPIC_UNDECLARED: { scope: 'topic', final: true },
  TOPIC_REFUSED: { scope: 'topic', final: false },
  RECORD_TOO_LARGE: { scope: 'record', final: true },
  RECORD_REJECTED: { scope: 'record', final: true },
  BROKER_BUSY: { scope: 'partition', final: false },
  REQUEST_FAILED: { scope: 'network', final: false },
  DEADLINE_EXCEEDED: { scope: 'partition', final: false },
  BUFFER_FULL: { scope: 'process', final: false },
  DEAD_LETTER_FAILED: { scope: 'partition', final: false },
  RESEND_IN_USE: { scope: 'process', final: false },
  RESEND_FAILED: { scope: 'process', final: false },
  SPOOL_IN_USE: { scope: 'process', final: false },
  SPOOL_UNAVAILABLE: { scope: 'process', final: false },
  SPOOL_FULL: { scope: 'process', final: false },
  SPOOL_FAILED: { scope: 'process', final: false },
  DESTINATION_CLOSED: { scope: 'process', final: true },
  REGISTRY_UNAVAILABLE: { scope: 'schema', final: false },
  REGISTRY_UNAUTHORIZED: { scope: 'schema', final: true },
  REGISTRY_FAILED: { scope: 'schema', final: false },
  SCHEMA_INCOMPATIBLE: { scope: 'schema', final: true },
  SCHEMA_INVALID: { scope: 'schema', final: true },
  SCHEMA_MISSING: { scope: 'schema', final: true },
  SCHEMA_RULES_UNSUPPORTED: { scope: 'schema', final: true },
} as const satisfies Readonly<Record<string, ErrorTraits>>;

/** One of `errorCodes`. */
export type ErrorCode = keyof typeof traits;

/** Every way in which the destination can refuse or fail, stable across releases: branch on these, not on messages. */
export const errorCodes = Object.keys(traits) as readonly ErrorCode[];

/** Nobody else decides whether an error is final, or what it is about. */
export function errorTraits(code: ErrorCode): ErrorTraits {
  return traits[code];
}

/**
 * The cause that a code leaves open, if advice depends on it: `KafkaError.detail`, so that nobody has to recognise the wording
 * of a message.
 */
export type ErrorDetail =
  // BROKER_UNREACHABLE
  | 'no-answer'
  | 'hung-up'
  // TLS_FAILED
  | 'wants-tls'
  | 'tls-alert'
  // AUTHENTICATION_FAILED
  | 'takes-no-login'
  | 'mechanism'
  // REGISTRY_UNAUTHORIZED
  | 'forbidden'
  // REGISTRY_UNAUTHORIZED, REGISTRY_UNAVAILABLE
  | 'no-token'
  // REGISTRY_UNAVAILABLE
  | 'certificate-untrusted'
  | 'certificate-expired'
  | 'certificate-name'
  | 'http-status';

/** What a `KafkaError` says besides its code and its message. */
export type KafkaErrorOptions = Partial<
  Pick<KafkaError, 'topic' | 'kafkaCode' | 'detail' | 'mayHaveBeenWritten' | 'cause'>
>;

/**
 * The one error class of this package. Its message says what happened to which topic and what to do next.
 *
 * @example
 * const { failed } = await elb('order complete', { id: '0rd3r' });
 * const error = failed?.kafka?.error;
 * if (error instanceof KafkaError) console.error(error.code, error.topic, error.mayHaveBeenWritten);
 */
export class KafkaError extends Error {
  override readonly name = 'KafkaError';
  readonly code: ErrorCode;
  /** The topic concerned, where one is. */
  readonly topic: string | undefined;
  /** Kafka's own error name, not its number, such as `NOT_LEADER_OR_FOLLOWER`, where the broker sent one. */
  readonly kafkaCode: string | undefined;
  /** The cause, where the code leaves it open and advice depends on it. */
  readonly detail: ErrorDetail | undefined;
  /** True when the record may be stored although its push failed. */
  readonly mayHaveBeenWritten: boolean;
  /** False when nothing but a change of the event helps: pushed again as it is, it fails again. */
  readonly retriable: boolean;

  /** @param message one line, or several; what comes from outside cannot add one */
  constructor(code: ErrorCode, message: string | readonly string[], options: KafkaErrorOptions = {}) {
    super(
      typeof message === 'string' ? printable(message) : message.map(printable).join('\n'),
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.topic = options.topic;
    this.kafkaCode = options.kafkaCode;
    this.detail = options.detail;
    this.mayHaveBeenWritten = options.mayHaveBeenWritten ?? false;
    this.retriable = traits[code].scope !== 'record';
  }
}

/** What was thrown, where it is ours; all else is thrown on. */
export function kafkaErrorOf(thrown: unknown): KafkaError {
  if (thrown instanceof KafkaError) return thrown;
  throw thrown;
}

/**
 * The message of anything thrown, for sentences that quote it. A host with several addresses fails with one error for each,
 * and no words of its own.
 */
export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  if (thrown.message !== '' || !(thrown instanceof AggregateError)) return thrown.message;
  const reasons = new Set(thrown.errors.map(reasonOf));
  return [...reasons].filter((reason) => reason !== '').join(', ');
}

/** What OpenSSL says, without the place in its sources where it says so. Other reasons stay as they are. */
export function withoutOpenssl(reason: string): string {
  return reason.replace(/^.*:SSL routines:[^:]*:([^:]+):.*$/s, '$1');
}

/** A quoted reason without its own full stop, so that it fits into a sentence. */
export function withoutFullStop(reason: string): string {
  // Foreign text may end in many dots: without the look-behind each of them is a start that is tried to the end.
  return reason.replace(/(?<![.\s])[.\s]+$/, '');
}
