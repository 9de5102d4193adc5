import { KafkaError } from '../model/errors.ts';
import type { KafkaRecord, Pending, RecordHeaders } from '../model/record.ts';
import { jsonText } from './json-text.ts';
import { SchemaWriter, type SchemaChoice, type SchemaWriterContext } from './schema-writer.ts';

/** A record but for its value. */
export type Head = Pick<KafkaRecord, 'topic' | 'key' | 'timestamp'>;

export interface FramedHeaders {
  /** Without a content type: what a reader needs is in the framing, and no media type says that. */
  readonly framed: RecordHeaders;
  /** While the value is JSON: as a dead letter. */
  readonly json: RecordHeaders;
}

/** Values in the registry's wire format, with one writer for each topic. */
export class FramedValues {
  readonly #choice: SchemaChoice;
  readonly #headers: FramedHeaders;
  readonly #context: SchemaWriterContext;
  readonly #writers = new Map<string, SchemaWriter>();

  constructor(choice: SchemaChoice, headers: FramedHeaders, context: SchemaWriterContext) {
    this.#choice = choice;
    this.#headers = headers;
    this.#context = context;
  }

  /**
   * The record, finished where the schema is known, and pending where it is not or where the value does not fit it.
   * @throws KafkaError EVENT_NOT_SERIALIZABLE where there is not even JSON to keep
   */
  record(head: Head, value: unknown, eventName: string): KafkaRecord {
    const writer = this.#writer(head.topic);
    const what = `event "${eventName}"`;
    try {
      const bytes = writer.write(value, what);
      if (bytes !== undefined) return finished(head, bytes, this.#headers.framed);
    } catch (thrown) {
      if (!(thrown instanceof KafkaError)) throw thrown;
      return this.#kept(head, value, eventName, new Refused(thrown));
    }
    return this.#kept(head, value, eventName, new Waiting(value, what, writer, this.#headers));
  }

  /**
   * A record that was kept as JSON, in its final form.
   * @param what the value, for messages: `event "order complete"`
   * @param patience how long its schema is looked up, in ms
   * @throws KafkaError why it cannot be written
   */
  async finish(record: KafkaRecord, value: unknown, what: string, patience: number): Promise<KafkaRecord> {
    const waiting = new Waiting(value, what, this.#writer(record.topic), this.#headers);
    const finished = waiting.finish(record);
    if (finished !== undefined) return finished;
    await waiting.moved(patience);
    const late = waiting.finish(record);
    if (late !== undefined) return late;
    throw (
      waiting.lastError ??
      new KafkaError('REGISTRY_UNAVAILABLE', `Kafka topic "${record.topic}": its schema is not known.`, {
        topic: record.topic,
      })
    );
  }

  /** Looks up the schema of a topic before its first event comes. */
  warm(topic: string): void {
    void this.#writer(topic).moved(0);
  }

  #writer(topic: string): SchemaWriter {
    let writer = this.#writers.get(topic);
    if (writer === undefined) {
      writer = new SchemaWriter(topic, this.#choice, this.#context);
      this.#writers.set(topic, writer);
    }
    return writer;
  }

  #kept(head: Head, value: unknown, eventName: string, pending: Pending): KafkaRecord {
    try {
      return { ...head, headers: this.#headers.json, value: Buffer.from(jsonText(value)), pending };
    } catch (thrown) {
      throw new KafkaError(
        'EVENT_NOT_SERIALIZABLE',
        `Event "${eventName}" ${thrown instanceof Error ? thrown.message : String(thrown)}.`,
        { topic: head.topic, cause: thrown },
      );
    }
  }
}

function finished({ topic, key, timestamp }: Head, value: Buffer, headers: RecordHeaders): KafkaRecord {
  return { topic, key, value, headers, timestamp };
}

class Waiting implements Pending {
  readonly #value: unknown;
  readonly #what: string;
  readonly #writer: SchemaWriter;
  readonly #headers: FramedHeaders;

  constructor(value: unknown, what: string, writer: SchemaWriter, headers: FramedHeaders) {
    this.#value = value;
    this.#what = what;
    this.#writer = writer;
    this.#headers = headers;
  }

  finish(record: KafkaRecord): KafkaRecord | undefined {
    const value = this.#writer.write(this.#value, this.#what);
    return value && { ...record, value, headers: this.#framed(record.headers), pending: undefined };
  }

  #framed(headers: RecordHeaders): RecordHeaders {
    const { framed, json } = this.#headers;
    if (headers === json) return framed;
    const others = Object.entries(headers).filter(([name]) => name !== 'content-type');
    return { ...Object.fromEntries(others), ...framed };
  }

  moved(patience: number): Promise<void> {
    return this.#writer.moved(patience);
  }

  get lastError(): KafkaError | undefined {
    return this.#writer.lastError;
  }
}

class Refused implements Pending {
  readonly lastError: KafkaError;

  constructor(error: KafkaError) {
    this.lastError = error;
  }

  finish(): never {
    throw this.lastError;
  }

  moved(): Promise<void> {
    return Promise.resolve();
  }
}
