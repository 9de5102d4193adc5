import { KafkaError, reasonOf } from '../model/errors.ts';
import type { Failure } from '../model/outcome.ts';
import type { ProducerRecord } from './producer-record.ts';

/** What a push is told when its record could not be settled otherwise. Each names the topic and what to change. */
export const failures = {
  deadline(entry: ProducerRecord, deliveryTimeout: number): KafkaError {
    return new KafkaError(
      'DEADLINE_EXCEEDED',
      `Kafka topic "${entry.record.topic}": not acknowledged within settings.kafka.deliveryTimeout ` +
        `(${deliveryTimeout} ms); the record ${fate(entry)}. ${lastWord(entry)}`,
      about(entry),
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
  refused(entry: ProducerRecord, error: KafkaError): KafkaError {
    if (error.mayHaveBeenWritten || !mayBeWritten(entry)) return error;
    return new KafkaError(error.code, `${error.message} An earlier request may have written this record.`, {
      ...about(entry),
      kafkaCode: error.kafkaCode,
      cause: error,
    });
  },

  /** What an answer says of a record that it ends. @param index of the record in its batch */
  ofAnswer(entry: ProducerRecord, outcome: Failure, index: number): KafkaError {
    switch (outcome.kind) {
      case 'rejected':
        return outcome.named?.get(index) ?? outcome.error;
      case 'too-large':
        return failures.tooLarge(entry, outcome.error);
      case 'retriable':
        return failures.retriesExhausted(entry, outcome.error);
      case 'unreachable':
      case 'unknown':
        return outcome.error;
    }
  },

  retriesExhausted(entry: ProducerRecord, error: KafkaError): KafkaError {
    return new KafkaError(
      error.code,
      `${error.message} Gave up after ${entry.attempts} tries (settings.kafka.retry.retries); the record ${fate(entry)}.`,
      { ...about(entry), kafkaCode: error.kafkaCode, cause: error },
    );
  },

  bufferFull(entry: ProducerRecord, bufferMemory: number): KafkaError {
    return new KafkaError(
      'BUFFER_FULL',
      `Kafka topic "${entry.record.topic}": no room within settings.kafka.bufferMemory (${bufferMemory} bytes) before ` +
        `the deadline; the record ${fate(entry)}. The cluster takes records more slowly than they come: add ` +
        `partitions or brokers, or raise bufferMemory.`,
      about(entry),
    );
  },

  largerThanBuffer(entry: ProducerRecord, bufferMemory: number): KafkaError {
    return new KafkaError(
      'RECORD_TOO_LARGE',
      `Kafka topic "${entry.record.topic}": a record of ${entry.bytes} bytes can never fit into ` +
        `settings.kafka.bufferMemory (${bufferMemory} bytes).`,
      about(entry),
    );
  },

  /** The broker names no size, and those who look for the event need it. */
  tooLarge(entry: ProducerRecord, error: KafkaError): KafkaError {
    if (error.code !== 'RECORD_TOO_LARGE') return error;
    return new KafkaError(
      error.code,
      `${error.message} This record has ${entry.bytes} bytes before compression.`,
      { ...about(entry), kafkaCode: error.kafkaCode, cause: error },
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

  leftBehind(entry: ProducerRecord): KafkaError {
    return new KafkaError(
      'DESTINATION_CLOSED',
      `Kafka topic "${entry.record.topic}": the destination closed before the broker acknowledged; the record ` +
        `${fate(entry)}. ${lastWord(entry)}`,
      about(entry),
    );
  },

  notKept(entry: ProducerRecord, error: KafkaError): KafkaError {
    return new KafkaError(
      error.code,
      `Kafka topic "${entry.record.topic}": not acknowledged in time, and not kept either; the record ${fate(entry)}. ` +
        `${error.message} ${lastWord(entry)}`,
      { ...about(entry), cause: error },
    );
  },

  spoolUnread(thrown: unknown): KafkaError {
    return new KafkaError(
      'SPOOL_FAILED',
      `The spool of settings.spool.path could not be read (${reasonOf(thrown)}): what it has stays there and is tried again.`,
      { cause: thrown },
    );
  },

  spoolSilent(entry: ProducerRecord): KafkaError {
    return new KafkaError(
      'SPOOL_FAILED',
      `Kafka topic "${entry.record.topic}": not acknowledged in time, and the disk of settings.spool.path did not ` +
        `answer either; the record ${fate(entry)}. ${lastWord(entry)}`,
      about(entry),
    );
  },

  deadLetter(
    entry: ProducerRecord,
    rejection: KafkaError,
    deadLetterTopic: string,
    error: KafkaError,
  ): KafkaError {
    return new KafkaError(
      'DEAD_LETTER_FAILED',
      `Kafka topic "${entry.record.topic}" rejected the record (${rejection.message}), and the dead-letter topic ` +
        `"${deadLetterTopic}" did not take it either: ${error.message}`,
      {
        topic: entry.record.topic,
        kafkaCode: rejection.kafkaCode,
        mayHaveBeenWritten: rejection.mayHaveBeenWritten || error.mayHaveBeenWritten,
        cause: error,
      },
    );
  },
};

/** Also while a request that carries the record is out. */
export function mayBeWritten(entry: ProducerRecord): boolean {
  return entry.mayHaveBeenWritten || entry.state === 'in-flight';
}

function fate(entry: ProducerRecord): string {
  return mayBeWritten(entry) ? 'may have been written' : 'was not written';
}

function lastWord(entry: ProducerRecord): string {
  return entry.lastError ? `Last failure: ${entry.lastError.message}` : 'No answer came.';
}

function about(entry: ProducerRecord) {
  return {
    topic: entry.record.topic,
    mayHaveBeenWritten: mayBeWritten(entry),
    cause: entry.lastError,
  };
}
