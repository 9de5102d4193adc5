import type { Writer } from 'protobufjs';
import { int32, int64, integer32, integer64, uint32, uint64, real, real32 } from '../numbers.ts';
import { mustBe } from '../validation-error.ts';

/** Writes one value, without its tag. @throws ValidationError */
export type Write = (value: unknown, writer: Writer) => void;

export interface Scalar {
  readonly wireType: 0 | 1 | 2 | 5;
  readonly write: Write;
  /** Proto3 does not write what is the default anyway. */
  isDefault(value: unknown): boolean;
}

const isZero = (value: unknown): boolean => value === 0 || value === 0n || value === '0';

const withArticle = (name: string): string => `${name.startsWith('int') ? 'an' : 'a'} ${name}`;

function small(name: 'int32' | 'uint32' | 'sint32' | 'fixed32' | 'sfixed32'): Scalar {
  const { least, most } = name === 'uint32' || name === 'fixed32' ? uint32 : int32;
  const what = withArticle(name);
  return {
    wireType: name.includes('fixed') ? 5 : 0,
    write: (value, writer) => writer[name](integer32(value, what, least, most)),
    isDefault: isZero,
  };
}

function large(name: 'int64' | 'uint64' | 'sint64' | 'fixed64' | 'sfixed64'): Scalar {
  const { least, most } = name === 'uint64' || name === 'fixed64' ? uint64 : int64;
  const what = withArticle(name);
  return {
    wireType: name.includes('fixed') ? 1 : 0,
    write(value, writer) {
      const exact = integer64(value, what, least, most);
      writer[name](typeof exact === 'number' ? exact : halves(exact));
    },
    isDefault: isZero,
  };
}

/** A 64-bit integer beyond 2^53 in the form that the writer takes. */
function halves(value: bigint) {
  const bits = BigInt.asUintN(64, value);
  return { low: Number(bits & 0xffffffffn) | 0, high: Number(bits >> 32n) | 0, unsigned: false };
}

function floating(name: 'float' | 'double'): Scalar {
  const numberOf = name === 'float' ? real32 : real;
  return {
    wireType: name === 'float' ? 5 : 1,
    write(value, writer) {
      writer[name](numberOf(value));
    },
    // Not of -0, which is another value.
    isDefault: (value) => Object.is(value, 0),
  };
}

/** Replaces half a surrogate (text cut within an emoji): protobufjs would write bytes that are no UTF-8, and readers refuse those. */
function wellFormed(text: string): string {
  // Most texts are short and have no surrogates at all, and then a loop is quicker than the call into C++.
  if (text.length >= 40) return text.toWellFormed();
  for (let at = 0; at < text.length; at++)
    if ((text.charCodeAt(at) & 0xf800) === 0xd800) return text.toWellFormed();
  return text;
}

const base64 = /^[\w+/-]*={0,2}$/;

export const scalars: Readonly<Record<string, Scalar>> = {
  int32: small('int32'),
  uint32: small('uint32'),
  sint32: small('sint32'),
  fixed32: small('fixed32'),
  sfixed32: small('sfixed32'),
  int64: large('int64'),
  uint64: large('uint64'),
  sint64: large('sint64'),
  fixed64: large('fixed64'),
  sfixed64: large('sfixed64'),
  float: floating('float'),
  double: floating('double'),
  bool: {
    wireType: 0,
    write(value, writer) {
      if (typeof value !== 'boolean') throw mustBe('true or false', value);
      writer.bool(value);
    },
    isDefault: (value) => value === false,
  },
  string: {
    wireType: 2,
    write(value, writer) {
      if (typeof value !== 'string') throw mustBe('a string', value);
      writer.string(wellFormed(value));
    },
    isDefault: (value) => value === '',
  },
  bytes: {
    wireType: 2,
    write(value, writer) {
      if (value instanceof Uint8Array) return void writer.bytes(value);
      if (typeof value !== 'string' || !base64.test(value)) throw mustBe('bytes, or text in base64', value);
      writer.bytes(Buffer.from(value, 'base64'));
    },
    isDefault: (value) => value === '' || (value instanceof Uint8Array && value.length === 0),
  },
};
