import { KafkaError, reasonOf } from '../../model/errors.ts';
import { printable } from '../../model/foreign.ts';
import type { StoredRecord } from '../../model/record.ts';

/** A record's value as something to read. */
export interface Decoded {
  /** Such as `json` or `avro 12`: how it was written. */
  readonly format: string;
  /** As JSON has it, for filters. */
  readonly value: unknown;
  /** What is shown of a value that was written as JSON: its text, on one line. `value` rounds numbers of many digits. */
  readonly json?: string | undefined;
}

/**
 * One way in which values are written.
 * @returns undefined for a value that is written in another way; a promise only where something has to be looked up first
 */
export type Decoder = (record: StoredRecord) => Decoded | Promise<Decoded> | undefined;

export function decoderOf(options: FramedOptions): (record: StoredRecord) => Decoded | Promise<Decoded> {
  const decoders: readonly Decoder[] = [decodeJson, framedDecoder(options)];
  return (record) => {
    for (const decode of decoders) {
      const decoded = decode(record);
      if (decoded !== undefined) return decoded;
    }
    return decodeBytes(record);
  };
}

/** JSON begins with one of these: `{ [ "`, a digit, `-`, `t`rue, `f`alse, `n`ull, or white space. */
const firsts = new Set(Buffer.from('{["-0123456789tfn \t\r\n'));

/** JSON, whatever the headers say: all of what is written by default, structured CloudEvents, and most of what others write. */
export function decodeJson({ value }: StoredRecord): Decoded | undefined {
  const first = value?.[0];
  if (value === null || first === undefined || !firsts.has(first)) return undefined;
  const json = value.toString();
  try {
    return { format: 'json', value: JSON.parse(json) as unknown, json: onOneLine(json) };
  } catch {
    return undefined;
  }
}

/** Of valid JSON, whose strings hold no line break: so one is always between them. */
export function onOneLine(json: string): string {
  return json.trim().replace(/[\t\r\n][ \t\r\n]*/g, '');
}

/** Reads what stands behind the id of a schema. @throws Error for bytes that do not fit it */
export type FramedReader = (payload: Buffer) => Decoded;

/** Readers by the id of their schema. */
export interface FramedReaders {
  /**
   * @returns undefined where no schema has this id
   * @throws KafkaError REGISTRY_… where nobody can tell, SCHEMA_… where the schema is of no use
   */
  of(id: number): Promise<FramedReader | undefined>;
}

export interface FramedOptions {
  /** Without them values that need a schema are shown as bytes. */
  readonly readers: FramedReaders | undefined;
  /** Told why values are shown as bytes: once for each cause. */
  readonly onUndecoded: (error: KafkaError) => void;
  /** Milliseconds, from any fixed point. */
  readonly now?: () => number;
}

/** An id that leads nowhere, and a registry that does not answer, are asked again after this. Milliseconds. */
const pause = 30_000;
/** A registry that fails sooner may be asked for other ids meanwhile: hardly anything waits for that. Milliseconds. */
const soon = 500;

/** The registry's wire format: a zero, the id of the schema in four bytes, the value. */
export function framedDecoder(options: FramedOptions): Decoder {
  const values = new FramedValues(options);
  return ({ value }) => {
    if (value === null || value.length < 5 || value[0] !== 0) return undefined;
    const id = value.readInt32BE(1);
    return id < 0 ? undefined : values.decode(id, value.subarray(5));
  };
}

class FramedValues {
  readonly #readers: FramedReaders | undefined;
  readonly #onUndecoded: FramedOptions['onUndecoded'];
  readonly #now: () => number;
  readonly #known = new Map<number, FramedReader>();
  readonly #asking = new Map<number, Promise<FramedReader | undefined>>();
  /** When each of these ids may be asked for again. */
  readonly #missing = new Map<number, number>();
  /** Until when the registry is left alone: each record would wait for it in vain. */
  #silentUntil = -Infinity;
  readonly #told = new Set<string>();

  constructor({ readers, onUndecoded, now = () => performance.now() }: FramedOptions) {
    this.#readers = readers;
    this.#onUndecoded = onUndecoded;
    this.#now = now;
  }

  decode(id: number, payload: Buffer): Decoded | Promise<Decoded> {
    const known = this.#known.get(id);
    if (known !== undefined) return this.#read(known, id, payload);
    const asking = this.#asking.get(id) ?? this.#ask(id);
    if (asking === undefined) return undecoded(id, payload);
    return asking.then((reader) => (reader ? this.#read(reader, id, payload) : undecoded(id, payload)));
  }

  #read(reader: FramedReader, id: number, payload: Buffer): Decoded {
    try {
      return reader(payload);
    } catch (thrown) {
      const message = `A value with schema ${id} in front cannot be read by it: ${printable(reasonOf(thrown))}.`;
      this.#tell(`read ${id}`, new KafkaError('VALUE_INVALID', message, { cause: thrown }));
      return undecoded(id, payload);
    }
  }

  /** Undefined where there is nobody to ask, or not now. */
  #ask(id: number): Promise<FramedReader | undefined> | undefined {
    if (this.#readers === undefined) {
      this.#tell('nobody', noRegistry());
      return undefined;
    }
    if (Math.max(this.#silentUntil, this.#missing.get(id) ?? -Infinity) > this.#now()) return undefined;
    const asking = this.#look(this.#readers, id).finally(() => this.#asking.delete(id));
    this.#asking.set(id, asking);
    return asking;
  }

  /** Never rejects. */
  async #look(readers: FramedReaders, id: number): Promise<FramedReader | undefined> {
    const begun = this.#now();
    try {
      const reader = await readers.of(id);
      if (reader !== undefined) this.#known.set(id, reader);
      else this.#miss(id, `missing ${id}`, missing(id));
      return reader;
    } catch (thrown) {
      const error = thrown instanceof KafkaError ? thrown : unusable(id, thrown);
      const isDown = error.code === 'REGISTRY_UNAVAILABLE';
      if (isDown && this.#now() - begun > soon) this.#silentUntil = this.#now() + pause;
      // Told once; anything else is an answer to this id, or to who asks for it.
      this.#miss(id, isDown ? error.code : `${error.code} ${id}`, error);
      return undefined;
    }
  }

  #miss(id: number, cause: string, error: KafkaError): void {
    this.#missing.set(id, this.#now() + pause);
    this.#tell(cause, error);
  }

  #tell(cause: string, error: KafkaError): void {
    if (this.#told.has(cause)) return;
    this.#told.add(cause);
    this.#onUndecoded(error);
  }
}

function undecoded(id: number, payload: Buffer): Decoded {
  return { format: `schema ${id}`, value: payload.toString('base64') };
}

function noRegistry(): KafkaError {
  return new KafkaError(
    'SCHEMA_MISSING',
    'There are values with the id of a schema in front, and no Schema Registry to ask for it: name one with --registry.',
  );
}

function missing(id: number): KafkaError {
  return new KafkaError('SCHEMA_MISSING', `The Schema Registry has no schema of id ${id}.`);
}

function unusable(id: number, thrown: unknown): KafkaError {
  const message = `The schema of id ${id} cannot be used: ${reasonOf(thrown)}.`;
  return new KafkaError('SCHEMA_INVALID', message, { cause: thrown });
}

/** What nobody else can read: as text where it is one, else as base64. */
export function decodeBytes({ value }: StoredRecord): Decoded {
  if (value === null) return { format: 'null', value: null };
  const text = textOf(value);
  return text === undefined
    ? { format: 'bytes', value: value.toString('base64') }
    : { format: 'text', value: text };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Undefined for bytes that are no UTF-8. */
export function textOf(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
