import protobuf, { type Type } from 'protobufjs';
import { ValidationError, errorAt, mustBe, isObject } from '../validation-error.ts';
import type { Write } from './scalars.ts';
import { wellKnown } from './well-known.ts';

const anyName = '.google.protobuf.Any';

export const isAny = ({ fullName }: Type): boolean => fullName === anyName;

/** Whether ProtoJSON has a form of its own for it, which stands as `value` beside `@type`. */
export const isValueInAny = (type: Type): boolean =>
  isAny(type) || written.has(type.fullName) || wellKnown(type.fullName) !== undefined;

/** Messages without a special form in our JSON, which ProtoJSON gives one. */
const written: ReadonlySet<string> = new Set(['.google.protobuf.Duration', '.google.protobuf.FieldMask']);

/** The message that the last part of a type's URL names. */
export function typeOfUrl(any: Type, url: string): Type | undefined {
  const name = url.slice(url.lastIndexOf('/') + 1);
  const found = any.root.lookup(name, [protobuf.Type]);
  // The look-up knows a message by the end of its name as well.
  return found instanceof protobuf.Type && found.fullName === `.${name}` ? found : undefined;
}

/**
 * `{ "@type": "type.googleapis.com/shop.Order", … }`, packed; and as it lies in the message, `type_url` and bytes.
 * @param writeParts writes the two fields of the message
 */
export function anyWriter(any: Type, writerOf: (type: Type) => Write, writeParts: Write): Write {
  return (value, writer) => {
    if (!isObject(value)) throw mustBe('an object with "@type"', value);
    const { '@type': url, ...others } = value;
    if (url === undefined) {
      // Unknown fields are left out: here that would leave nothing, and say nothing.
      const unknown = Object.keys(others).find((name) => !parts.has(name));
      if (unknown !== undefined)
        throw new ValidationError(`must say of which type it is, with "@type", and has "${unknown}"`);
      return writeParts(value, writer);
    }
    if (typeof url !== 'string') throw mustBe('a string', url).at('@type');
    const type = typeOfUrl(any, url);
    if (type === undefined)
      throw new ValidationError(
        'must name a message of the schema or of its references, by its full name',
      ).at('@type');
    const packed = protobuf.Writer.create();
    const write = writerOf(type);
    try {
      write(isValueInAny(type) ? others['value'] : others, packed);
    } catch (thrown) {
      throw isValueInAny(type) ? errorAt(thrown, 'value') : thrown;
    }
    writeParts(
      { type_url: url.includes('/') ? url : `type.googleapis.com/${url}`, value: packed.finish() },
      writer,
    );
  };
}

const parts: ReadonlySet<string> = new Set(['type_url', 'typeUrl', 'value']);
