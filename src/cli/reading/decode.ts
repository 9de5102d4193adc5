import { KafkaError, reasonOf } from '../../model/errors.ts';
import { jsonIn, printable } from '../../model/foreign.ts';
import { schemaIdHeader, type StoredRecord } from '../../model/record.ts';
import type { SchemaId } from '../../model/schema.ts';
import { splitSchemaId } from '../../schema/schema-id.ts';

export interface Decoded {
  /** How it was written, such as `json` or `avro 12`. */
  readonly format: string;
  /** As JSON has it, for filters. */
  readonly value: unknown;
  /** The text of a value that was written as JSON, on one line. It is shown because `value` rounds numbers of many digits. */
  readonly json?: string | undefined;
}

type Value = Pick<StoredRecord, 'value' | 'headers'>;

/** Reads the bytes behind the id of a schema. @throws Error if they do not fit the schema */
type FramedReader = (payload: Buffer) => Decoded;

export interface FramedReaders {
  /**
   * @returns undefined if no schema has this id
   * @throws KafkaError REGISTRY_… if no registry can tell, SCHEMA_… if the schema is of no use
   */
  of(id: SchemaId): Promise<FramedReader | undefined>;
}

interface DecodeOptions {
  /** Without them values that need a schema are shown as bytes. */
  readonly readers: FramedReaders | undefined;
  /** Called with the reason why values are shown as bytes: once for each cause. */
  readonly onUndecoded: (error: KafkaError) => void;
  /** Milliseconds, from any fixed point. */
  readonly now?: () => number;
}

/** @returns a promise only if a schema has to be looked up */
export function decoderOf(options: DecodeOptions): (record: Value) => Decoded | Promise<Decoded> {
  const framed = new FramedValues(options);
  return (record) =>
    framed.byHeader(record) ?? decodeJson(record) ?? framed.byPrefix(record) ?? decodeBytes(record);
}

/** JSON begins with one of these: `{ [ "`, a digit, `-`, `t`rue, `f`alse, `n`ull, or white space. */
const firsts = new Set(Buffer.from('{["-0123456789tfn \t\r\n'));

/** JSON, whatever the headers say: the default of this package, structured CloudEvents, and most of what others write. */
export function decodeJson({ value }: Value): Decoded | undefined {
  const first = value?.[0];
  if (value === null || first === undefined || !firsts.has(first)) return undefined;
  const json = value.toString();
  const parsed = jsonIn(json);
  return parsed === undefined ? undefined : { format: 'json', value: parsed, json: onOneLine(json) };
}

/** Strings in valid JSON hold no line break. */
export function onOneLine(json: string): string {
  return json.trim().replace(/[\t\r\n][ \t\r\n]*/g, '');
}

/** The format of a record without a value. JSON may hold a `null`, too. */
export const tombstone = 'tombstone';

/** Any other value: as text if it is UTF-8, else as base64. */
export function decodeBytes({ value }: Value): Decoded {
  if (value === null) return { format: tombstone, value: null };
  const text = textOf(value);
  return text === undefined
    ? { format: 'bytes', value: value.toString('base64') }
    : { format: 'text', value: text };
}

const [openBrace, openBracket] = Buffer.from('{[');

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @returns undefined for bytes that are no UTF-8 */
export function textOf(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** An unknown id, and a registry that does not answer, are asked again after this. Milliseconds. */
const pause = 30_000;
/** A registry that fails sooner may be asked for other ids meanwhile: records hardly wait for that. Milliseconds. */
const soon = 500;

/** Decodes values that tell the id of their schema, in front of them or in a header. */
class FramedValues {
  readonly #readers: FramedReaders | undefined;
  readonly #onUndecoded: DecodeOptions['onUndecoded'];
  readonly #now: () => number;
  readonly #known = new Map<SchemaId, FramedReader>();
  readonly #asking = new Map<SchemaId, Promise<FramedReader | undefined>>();
  /** When each of these ids may be asked for again. */
  readonly #missing = new Map<SchemaId, number>();
  /** Until then no id is asked for: each record would wait in vain. */
  #silentUntil = -Infinity;
  readonly #reported = new Set<string>();

  constructor({ readers, onUndecoded, now = () => performance.now() }: DecodeOptions) {
    this.#readers = readers;
    this.#onUndecoded = onUndecoded;
    this.#now = now;
  }

  /** The header comes first: plain Avro may look like JSON, or like a value with an id in front. */
  byHeader(record: Value): Decoded | Promise<Decoded> | undefined {
    const { value, headers } = record;
    const bytes = headers.findLast(([name]) => name === schemaIdHeader)?.[1];
    const found = bytes && splitSchemaId(bytes);
    if (!found || value === null) return undefined;
    // JSON can be shown without its schema.
    const isJson = this.#readers === undefined && (value[0] === openBrace || value[0] === openBracket);
    const plain = isJson ? decodeJson(record) : undefined;
    // Of Protobuf the header has the indexes of the message, too.
    const { id, rest } = found;
    return plain ?? this.#decode(id, rest.length === 0 ? value : Buffer.concat([rest, value]));
  }

  byPrefix({ value }: Value): Decoded | Promise<Decoded> | undefined {
    // A GUID is in headers only.
    const found = value?.[0] === 0 ? splitSchemaId(value) : undefined;
    return found && this.#decode(found.id, found.rest);
  }

  #decode(id: SchemaId, payload: Buffer): Decoded | Promise<Decoded> {
    const known = this.#known.get(id);
    if (known !== undefined) return this.#read(known, id, payload);
    const asking = this.#asking.get(id) ?? this.#ask(id);
    if (asking === undefined) return undecoded(id, payload);
    return asking.then((reader) => (reader ? this.#read(reader, id, payload) : undecoded(id, payload)));
  }

  #read(reader: FramedReader, id: SchemaId, payload: Buffer): Decoded {
    try {
      return reader(payload);
    } catch (thrown) {
      const message = `A value of schema ${id} cannot be read by it: ${printable(reasonOf(thrown))}.`;
      this.#report(`read ${id}`, new KafkaError('VALUE_INVALID', message, { cause: thrown }));
      return undecoded(id, payload);
    }
  }

  /** @returns undefined if there is no registry to ask, or not now */
  #ask(id: SchemaId): Promise<FramedReader | undefined> | undefined {
    if (this.#readers === undefined) {
      const message =
        'There are values that tell the id of a schema, and no Schema Registry to ask for it: name one with --registry.';
      this.#report('no registry', new KafkaError('SCHEMA_MISSING', message));
      return undefined;
    }
    if (Math.max(this.#silentUntil, this.#missing.get(id) ?? -Infinity) > this.#now()) return undefined;
    const asking = this.#lookUp(this.#readers, id).finally(() => this.#asking.delete(id));
    this.#asking.set(id, asking);
    return asking;
  }

  /** Never rejects. */
  async #lookUp(readers: FramedReaders, id: SchemaId): Promise<FramedReader | undefined> {
    const begun = this.#now();
    try {
      const reader = await readers.of(id);
      if (reader === undefined)
        throw new KafkaError('SCHEMA_MISSING', `The Schema Registry has no schema of id ${id}.`);
      this.#known.set(id, reader);
      return reader;
    } catch (thrown) {
      const error = thrown instanceof KafkaError ? thrown : unusable(id, thrown);
      const isDown = error.code === 'REGISTRY_UNAVAILABLE';
      if (isDown && this.#now() - begun > soon) this.#silentUntil = this.#now() + pause;
      this.#missing.set(id, this.#now() + pause);
      // A registry that is down is one cause; other errors are about this id.
      this.#report(isDown ? error.code : `${error.code} ${id}`, error);
      return undefined;
    }
  }

  #report(cause: string, error: KafkaError): void {
    if (this.#reported.has(cause)) return;
    this.#reported.add(cause);
    this.#onUndecoded(error);
  }
}

function undecoded(id: SchemaId, payload: Buffer): Decoded {
  return { format: `schema ${id}`, value: payload.toString('base64') };
}

function unusable(id: SchemaId, thrown: unknown): KafkaError {
  const message = `The schema of id ${id} cannot be used: ${reasonOf(thrown)}.`;
  return new KafkaError('SCHEMA_INVALID', message, { cause: thrown });
}
