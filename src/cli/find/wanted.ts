import { pathText } from '../../config/problems.ts';
import { isObject } from '../../model/foreign.ts';
import type { StoredRecord } from '../../model/record.ts';
import type { Decoded } from '../reading/decode.ts';

export type RecordBytes = Pick<StoredRecord, 'key' | 'value' | 'headers'>;

export class Wanted {
  readonly id: string | undefined;
  readonly key: Buffer | undefined;
  /** The id as it may stand in a record: as it is, and as JSON writes it. */
  readonly bytes: readonly Buffer[];

  constructor(id: string | undefined, key: string | undefined) {
    this.id = id;
    this.key = key === undefined ? undefined : Buffer.from(key);
    const texts = id === undefined ? [] : [id, JSON.stringify(id).slice(1, -1)];
    this.bytes = [...new Set(texts)].map((text) => Buffer.from(text));
  }

  /** Looks at the bytes alone: nearly every record ends here, and decoding one costs a hundred times as much. */
  mayBe({ key, value, headers }: RecordBytes): boolean {
    if (this.key !== undefined && key?.equals(this.key) !== true) return false;
    if (this.bytes.length === 0) return true;
    return this.#isIn(value) || this.#isIn(key) || headers.some(([, content]) => this.#isIn(content));
  }

  /**
   * Where in a record the id stands, such as `id`, `data.order`, `header ce_id` or `key`. Bytes alone may be part of
   * another id, or of a longer text.
   * @returns undefined: nowhere
   */
  placeIn({ key, value, headers }: RecordBytes, decoded: Decoded): string | undefined {
    const { id } = this;
    if (id === undefined) return 'key';
    // What cannot be decoded is shown as it is: nobody can tell more.
    const isRaw = typeof decoded.value === 'string' && decoded.json === undefined;
    const inValue = isRaw ? (this.#isIn(value) ? 'value' : undefined) : pathTo(decoded.value, id);
    if (inValue !== undefined) return inValue;
    const header = headers.find(([, content]) => content?.toString() === id)?.[0];
    if (header !== undefined) return `header ${header}`;
    return key?.toString() === id ? 'key' : undefined;
  }

  #isIn(bytes: Buffer | null): boolean {
    return bytes !== null && this.bytes.some((one) => bytes.includes(one));
  }
}

interface Step {
  readonly inner: unknown;
  readonly name: PropertyKey;
  readonly above: Step | undefined;
}

/** The shortest way to the id: an event's own stands above those that it names. Without recursion, for values come deep. */
function pathTo(value: unknown, id: string): string | undefined {
  const steps: Step[] = [{ inner: value, name: 'value', above: undefined }];
  for (const step of steps) {
    const { inner } = step;
    if (isObject(inner)) {
      for (const [name, content] of Object.entries(inner) as [string, unknown][])
        steps.push({ inner: content, name: Array.isArray(inner) ? Number(name) : name, above: step });
    } else if (String(inner) === id) return nameOf(step);
  }
  return undefined;
}

function nameOf(last: Step): string {
  if (last.above === undefined) return String(last.name);
  const path: PropertyKey[] = [];
  for (let step = last; step.above !== undefined; step = step.above) path.push(step.name);
  return pathText('', path.reverse());
}
