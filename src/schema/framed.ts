import { KafkaError, kafkaErrorOf, reasonOf } from '../model/errors.ts';
import { memo } from '../model/memo.ts';
import {
  refused,
  schemaIdHeader,
  type KafkaRecord,
  type Pending,
  type RecordHeaders,
} from '../model/record.ts';
import type { Head, StaticHeaders } from '../record/shape.ts';
import { jsonText } from './json-text.ts';
import { SchemaWriter, type SchemaChoice, type SchemaWriterContext, type Written } from './schema-writer.ts';

export class FramedValues {
  readonly #choice: SchemaChoice;
  readonly #headers: StaticHeaders;
  readonly #writer: (topic: string) => SchemaWriter;
  /** By the header that tells the schema, and by what it is added to. */
  readonly #headersWithId = new WeakMap<Buffer, WeakMap<RecordHeaders, RecordHeaders>>();

  /** @param headers of the settings, for records that are finished as they stand */
  constructor(choice: SchemaChoice, headers: StaticHeaders, context: SchemaWriterContext) {
    this.#choice = choice;
    this.#headers = headers;
    this.#writer = memo((topic) => new SchemaWriter(topic, choice, context));
  }

  /**
   * The record in its final form where the schema is known; pending where it is not, or where the value does not fit it.
   * @throws KafkaError EVENT_NOT_SERIALIZABLE where there is not even JSON to keep
   */
  record(head: Head, value: unknown, eventName: string): KafkaRecord {
    const { topic, key, timestamp, headers } = head;
    const writer = this.#writer(topic);
    const what = `event "${eventName}"`;
    let pending: Pending;
    try {
      const written = writer.write(value, what);
      if (written !== undefined) {
        const base = this.#isPlainJson ? headers.json : headers.bare;
        return { topic, key, value: written.value, headers: this.#withId(base, written), timestamp };
      }
      pending = this.#pending(value, what, writer, headers);
    } catch (thrown) {
      pending = refused(kafkaErrorOf(thrown));
    }
    try {
      return { topic, key, value: Buffer.from(jsonText(value)), headers: headers.json, timestamp, pending };
    } catch (thrown) {
      throw new KafkaError('EVENT_NOT_SERIALIZABLE', `Event "${eventName}" ${reasonOf(thrown)}.`, {
        topic,
        cause: thrown,
      });
    }
  }

  /**
   * A record that was kept as JSON, in its final form.
   * @param what the value, for messages: `event "order complete"`
   * @param timeout how long its schema is looked up, in ms
   * @throws KafkaError why it cannot be written
   */
  async finish(record: KafkaRecord, value: unknown, what: string, timeout: number): Promise<KafkaRecord> {
    const { topic } = record;
    const pending = this.#pending(value, what, this.#writer(topic), this.#headers);
    const finished = pending.finish(record);
    if (finished !== undefined) return finished;
    await pending.changed(timeout);
    const late = pending.finish(record);
    if (late !== undefined) return late;
    const message = `Kafka topic "${topic}": its schema is not known.`;
    throw pending.lastError ?? new KafkaError('REGISTRY_UNAVAILABLE', message, { topic });
  }

  warm(topic: string): void {
    void this.#writer(topic).changed(0);
  }

  #pending(value: unknown, what: string, writer: SchemaWriter, headers: StaticHeaders): Pending {
    return {
      finish: (record) => {
        const written = writer.write(value, what);
        if (written === undefined) return undefined;
        const base = this.#isPlainJson ? record.headers : framedHeaders(record.headers, headers);
        return { ...record, value: written.value, headers: this.#withId(base, written), pending: undefined };
      },
      changed: (timeout) => writer.changed(timeout),
      get lastError() {
        return writer.lastError;
      },
    };
  }

  get #isPlainJson(): boolean {
    return this.#choice.schemaId === 'header' && this.#choice.schemaType === 'JSON';
  }

  /** One object for all records of a rule and a schema. No other header replaces the one that tells the schema. */
  #withId(base: RecordHeaders, { idHeader }: Written): RecordHeaders {
    if (idHeader === undefined) return base;
    const known = this.#headersWithId.get(idHeader) ?? new WeakMap<RecordHeaders, RecordHeaders>();
    this.#headersWithId.set(idHeader, known);
    const headers = known.get(base) ?? Object.freeze({ ...base, [schemaIdHeader]: idHeader });
    known.set(base, headers);
    return headers;
  }
}

/**
 * Without the content type of JSON: what a reader needs is in the framing, and no media type says that. Others may have put a
 * header on the record while it waited.
 */
function framedHeaders(headers: RecordHeaders, { bare, json }: StaticHeaders): RecordHeaders {
  if (headers === json) return bare;
  const { 'content-type': type, ...others } = headers;
  const own = type === 'application/json' ? bare['content-type'] : type;
  return own === undefined ? others : { ...others, 'content-type': own };
}
