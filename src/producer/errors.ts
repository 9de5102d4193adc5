import { KafkaError, reasonOf } from '../model/errors.ts';
import type { Failure } from '../model/outcome.ts';
import type { ProducerRecord } from './producer-record.ts';

/** Why a record was not stored. Each message names the topic and what to change. */
export const producerErrors = {
  deadline(record: ProducerRecord, deliveryTimeout: number): KafkaError {
    return new KafkaError(
      'DEADLINE_EXCEEDED',
      `Kafka topic "${record.content.topic}": not acknowledged within deliveryTimeout ` +
        `(${deliveryTimeout} ms); the record ${fate(record)}. ${lastWord(record)}`,
      about(record),
    );
  },

  noLeader({ topic, partition }: { readonly topic: string; readonly partition: number }): KafkaError {
    return new KafkaError(
      'BROKER_BUSY',
      `Kafka topic "${topic}": partition ${partition} has no leader. Look at the brokers that hold its replicas.`,
      { topic, kafkaCode: 'LEADER_NOT_AVAILABLE' },
    );
  },

  /** The broker's last word is about the last try alone. */
  rejected(record: ProducerRecord, error: KafkaError): KafkaError {
    if (error.mayHaveBeenWritten || !mayBeWritten(record)) return error;
    return new KafkaError(error.code, `${error.message} ${earlierRequest('this record')}`, {
      ...about(record),
      kafkaCode: error.kafkaCode,
      cause: error,
    });
  },

  /** The same of a whole batch, which was in doubt when the broker gave this answer. */
  batchRejected({ code, message, topic, kafkaCode, cause }: KafkaError): KafkaError {
    const told = `${message} ${earlierRequest('these records')}`;
    return new KafkaError(code, told, { topic, kafkaCode, mayHaveBeenWritten: true, cause });
  },

  /** What an answer says of a record that it ends. @param index of the record in its batch */
  ofAnswer(record: ProducerRecord, outcome: Failure, index: number): KafkaError {
    switch (outcome.kind) {
      case 'rejected':
        return outcome.named?.get(index) ?? outcome.error;
      case 'splittable':
        return outcome.error.code === 'RECORD_TOO_LARGE'
          ? producerErrors.tooLarge(record, outcome.error)
          : outcome.error;
      case 'retriable':
        return producerErrors.retriesExhausted(record, outcome.error);
      case 'unreachable':
      case 'unknown':
        return outcome.error;
    }
  },

  retriesExhausted(record: ProducerRecord, error: KafkaError): KafkaError {
    return new KafkaError(
      error.code,
      `${error.message} Gave up after ${record.attempts} tries (settings.kafka.retry.retries); the record ${fate(record)}.`,
      { ...about(record), kafkaCode: error.kafkaCode, cause: error },
    );
  },

  bufferFull(record: ProducerRecord, bufferMemory: number): KafkaError {
    return new KafkaError(
      'BUFFER_FULL',
      `Kafka topic "${record.content.topic}": no room within settings.kafka.bufferMemory (${bufferMemory} bytes) before ` +
        `the deadline; the record ${fate(record)}. The cluster takes records more slowly than they come: add ` +
        `partitions or brokers, or raise bufferMemory.`,
      about(record),
    );
  },

  unresolvedFull(record: ProducerRecord, bufferMemory: number): KafkaError {
    return new KafkaError(
      'BUFFER_FULL',
      `Kafka topic "${record.content.topic}": more than settings.kafka.bufferMemory (${bufferMemory} bytes) waits for mapping ` +
        'values of key, headers and topic; the record was not written. Make them faster, or raise bufferMemory.',
      about(record),
    );
  },

  unresolved(record: ProducerRecord, timeout: number): KafkaError {
    return new KafkaError(
      'MAPPING_FAILED',
      `Kafka topic "${record.content.topic}": the mapping values of key, headers and topic gave nothing within ${timeout} ms, a ` +
        'quarter of deliveryTimeout; the record was not written. Make them faster, and send the event again.',
      about(record),
    );
  },

  largerThanBuffer(record: ProducerRecord, bufferMemory: number): KafkaError {
    return new KafkaError(
      'RECORD_TOO_LARGE',
      `Kafka topic "${record.content.topic}": a record of ${record.bytes} bytes can never fit into ` +
        `settings.kafka.bufferMemory (${bufferMemory} bytes).`,
      about(record),
    );
  },

  /** The broker names no size, and those who look for the event need it. */
  tooLarge(record: ProducerRecord, error: KafkaError): KafkaError {
    return new KafkaError(
      error.code,
      `${error.message} This record has ${record.bytes} bytes before compression.`,
      { ...about(record), kafkaCode: error.kafkaCode, cause: error },
    );
  },

  noOutcome(topic: string, cause: unknown): KafkaError {
    return new KafkaError(
      'REQUEST_FAILED',
      `Kafka topic "${topic}": the client gave no outcome: ${cause === undefined ? 'none came' : reasonOf(cause)}.`,
      { topic, mayHaveBeenWritten: true, cause },
    );
  },

  closed(topic: string): KafkaError {
    return new KafkaError(
      'DESTINATION_CLOSED',
      `Kafka topic "${topic}": the destination is closed, the record was not sent.`,
      { topic },
    );
  },

  leftBehind(record: ProducerRecord): KafkaError {
    return new KafkaError(
      'DESTINATION_CLOSED',
      `Kafka topic "${record.content.topic}": the destination closed before the broker acknowledged; the record ` +
        `${fate(record)}. ${lastWord(record)}`,
      about(record),
    );
  },

  notSpooled(record: ProducerRecord, error: KafkaError): KafkaError {
    return new KafkaError(
      error.code,
      `Kafka topic "${record.content.topic}": not acknowledged in time, and not kept either; the record ${fate(record)}. ` +
        `${error.message} ${lastWord(record)}`,
      { ...about(record), cause: error },
    );
  },

  spoolUnread(thrown: unknown): KafkaError {
    return new KafkaError(
      'SPOOL_FAILED',
      `The spool of settings.spool.path could not be read (${reasonOf(thrown)}): what it has stays there and is tried again.`,
      { cause: thrown },
    );
  },

  spoolSilent(record: ProducerRecord): KafkaError {
    return new KafkaError(
      'SPOOL_FAILED',
      `Kafka topic "${record.content.topic}": not acknowledged in time, and the disk of settings.spool.path did not ` +
        `answer either; the record ${fate(record)}. ${lastWord(record)}`,
      about(record),
    );
  },

  deadLetter(
    record: ProducerRecord,
    rejection: KafkaError,
    deadLetterTopic: string,
    error: KafkaError,
  ): KafkaError {
    return new KafkaError(
      'DEAD_LETTER_FAILED',
      `Kafka topic "${record.content.topic}" rejected the record (${rejection.message}), and the dead-letter topic ` +
        `"${deadLetterTopic}" did not take it either: ${error.message}`,
      {
        topic: record.content.topic,
        kafkaCode: rejection.kafkaCode,
        mayHaveBeenWritten: rejection.mayHaveBeenWritten || error.mayHaveBeenWritten,
        cause: error,
      },
    );
  },
};

/** Also while a request that carries the record is out. */
export function mayBeWritten(record: ProducerRecord): boolean {
  return record.mayHaveBeenWritten || record.state === 'in-flight';
}

const earlierRequest = (what: string): string => `An earlier request may have written ${what}.`;

function fate(record: ProducerRecord): string {
  return mayBeWritten(record) ? 'may have been written' : 'was not written';
}

function lastWord(record: ProducerRecord): string {
  return record.lastError ? `Last failure: ${record.lastError.message}` : 'No answer came.';
}

function about(record: ProducerRecord) {
  return {
    topic: record.content.topic,
    mayHaveBeenWritten: mayBeWritten(record),
    cause: record.lastError,
  };
}

/**
 * The errors of records that expire in one sweep. Records that fail alike share one: a hundred thousand may expire together,
 * and each error has a stack trace. For the same reason no string is made for each, to tell them apart by.
 */
export class ExpiryErrors {
  readonly #settings: { readonly deliveryTimeout: number; readonly bufferMemory: number };
  /** By the last failure of their records, with what their messages depend on besides. Thousands of partitions have one each. */
  readonly #made = new Map<string | undefined, MadeError[]>();

  constructor(settings: { readonly deliveryTimeout: number; readonly bufferMemory: number }) {
    this.#settings = settings;
  }

  of(record: ProducerRecord): KafkaError {
    const { topic } = record.content;
    const blocked = record.state === 'blocked';
    const may = mayBeWritten(record);
    const reason = record.lastError?.message;
    let alike = this.#made.get(reason);
    if (alike === undefined) this.#made.set(reason, (alike = []));
    for (const made of alike)
      if (made.topic === topic && made.blocked === blocked && made.may === may) return made.error;
    const { deliveryTimeout, bufferMemory } = this.#settings;
    const error = blocked
      ? producerErrors.bufferFull(record, bufferMemory)
      : producerErrors.deadline(record, deliveryTimeout);
    alike.push({ topic, blocked, may, error });
    return error;
  }
}

interface MadeError {
  readonly topic: string;
  readonly blocked: boolean;
  readonly may: boolean;
  readonly error: KafkaError;
}
