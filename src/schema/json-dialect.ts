import { Ajv, str, type Options } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { succeeds } from '../model/foreign.ts';
import { isObject } from './validation-error.ts';

const drafts = ['04', '06', '07', '2019-09', '2020-12'] as const;
export type Draft = (typeof drafts)[number];

/** Confluent's registry takes a schema that names no draft, or one that it does not know, for draft 7. */
export function draftOf(dialect: unknown): Draft {
  const named =
    typeof dialect === 'string'
      ? /json-schema\.org\/draft[-/](.+?)\/schema#?$/.exec(dialect)?.[1]
      : undefined;
  return drafts.find((draft) => draft === named) ?? '07';
}

/**
 * Keywords that a draft does not know are remarks in JSON Schema, and no faults: neither is what a remark says, so that nothing
 * but the keywords that judge is checked. What every object inherits (`constructor`) is no property.
 */
const options: Options = {
  ...{ strict: false, allErrors: false, logger: false, validateSchema: false },
  ownProperties: true,
  code: { regExp: Object.assign(regExpOf, { code: 'new RegExp' }) },
};

/** A validator that judges as a draft says, and where Confluent's libraries differ as they do. */
export function validatorOf(draft: Draft): Ajv {
  const ajv = new classes[draft](draft === '04' ? { ...options, schemaId: 'id' } : options);
  // Later drafts do not know it; the library refuses it, to help those who meant "$id".
  ajv.removeKeyword('id');
  ajv.removeKeyword('multipleOf');
  ajv.addKeyword({
    ...{ keyword: 'multipleOf', type: 'number', schemaType: 'number' },
    compile: (divisor: number) => (value: number) => isMultipleOf(value, divisor),
    error: { message: ({ schema }) => str`must be multiple of ${String(schema)}` },
  });
  for (const keyword of later[draft] ?? []) ajv.removeKeyword(keyword);
  if (draft === '04') {
    addLimit(ajv, 'minimum', 'exclusiveMinimum', '>');
    addLimit(ajv, 'maximum', 'exclusiveMaximum', '<');
  }
  const formats = formatsOf(draft);
  addFormats.default(ajv, [...formats]);
  for (const name of ['uri', 'uri-reference'] as const)
    if (formats.includes(name)) ajv.addFormat(name, inAnyScript(name));
  if (formats.includes('regex')) ajv.addFormat('regex', isRegExp);
  return ajv;
}

const classes = { '04': Ajv, '06': Ajv, '07': Ajv, '2019-09': Ajv2019, '2020-12': Ajv2020 } as const;

/** What the library knows and the draft does not. */
const later: Partial<Record<Draft, readonly string[]>> = {
  '04': ['const', 'contains', 'propertyNames', 'if', 'then', 'else'],
  '06': ['if', 'then', 'else'],
};

/** In draft 4 `exclusiveMinimum` is true where the limit itself is outside; ajv has the number that it is in later drafts. */
function addLimit(ajv: Ajv, keyword: 'minimum' | 'maximum', exclusive: string, words: '>' | '<'): void {
  const room = (value: number, limit: number): number => (words === '>' ? value - limit : limit - value);
  ajv.removeKeyword(keyword);
  ajv.removeKeyword(exclusive);
  ajv.addKeyword({
    ...{ keyword, type: 'number', schemaType: 'number' },
    compile: (limit: number, parent: Readonly<Record<string, unknown>>) =>
      parent[exclusive] === true
        ? (value: number) => room(value, limit) > 0
        : (value: number) => room(value, limit) >= 0,
    error: {
      message: ({ schema, parentSchema }) =>
        str`must be ${words + (parentSchema?.[exclusive] === true ? '' : '=')} ${String(schema)}`,
    },
  });
}

/** Java takes any letter where RFC 3986 wants it escaped, and so do browsers. */
function inAnyScript(name: 'uri' | 'uri-reference'): (text: string) => boolean {
  const format = addFormats.default.get(name);
  return (text) => {
    // eslint-disable-next-line no-control-regex
    const ascii = text.replace(/[^\u0000-\u007f]/g, 'a');
    return format instanceof RegExp ? format.test(ascii) : typeof format === 'function' && format(ascii);
  };
}

/** What a draft asserts. From 2019-09 on a format is a remark, and to Confluent's libraries as well. */
function formatsOf(draft: Draft): readonly addFormats.FormatName[] {
  const of04 = ['date-time', 'email', 'hostname', 'ipv4', 'ipv6', 'uri'] as const;
  const of06 = [...of04, 'uri-reference', 'json-pointer'] as const;
  if (draft === '04') return of04;
  if (draft === '06') return of06;
  return draft === '07' ? [...of06, 'relative-json-pointer', 'date', 'time', 'regex'] : [];
}

/** Flags in front of a pattern, as Java has them. */
const javaFlags = /^\(\?([ims]+)\)/;

/** ajv sets the flag `u`, with which an escaped hyphen or `@` is a fault; elsewhere patterns are full of them. */
function regExpOf(pattern: string, flags: string): RegExp {
  const [inFront = '', more = ''] = javaFlags.exec(pattern) ?? [];
  const text = pattern.slice(inFront.length);
  try {
    return new RegExp(text, flags + more);
  } catch {
    return new RegExp(text, more);
  }
}

const isRegExp = (text: string): boolean => succeeds(() => regExpOf(text, 'u'));

/**
 * Whether a number is a multiple of another by their shortest decimal texts, as other languages have them: the quotient of two
 * doubles is no whole number for 19.99 and 0.01. ajv's `multipleOfPrecision` takes 19.990000000001 for a multiple of 0.01, too.
 */
function isMultipleOf(value: number, divisor: number): boolean {
  if (!Number.isFinite(value) || !Number.isFinite(divisor) || divisor === 0) return false;
  if (Number.isSafeInteger(value) && Number.isSafeInteger(divisor)) return value % divisor === 0;
  const one = decimalOf(value);
  const other = decimalOf(divisor);
  const power = Math.min(one.power, other.power);
  const digits = (number: Decimal): bigint => number.digits * 10n ** BigInt(number.power - power);
  return digits(one) % digits(other) === 0n;
}

interface Decimal {
  readonly digits: bigint;
  /** Of ten. */
  readonly power: number;
}

/** `1.5e-7` is 15 · 10⁻⁸. */
function decimalOf(number: number): Decimal {
  const [mantissa = '', exponent = '0'] = String(number).split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  return { digits: BigInt(whole + fraction), power: Number(exponent) - fraction.length };
}

/** Beside a reference these judge nothing, and others refer to them. */
const keptBesideRef = /^(\$ref|definitions|\$defs|\$?id|title|description)$/;

/** Their content is values, in which a property named `$ref` refers to nothing. */
const holdsValues: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'examples']);

/**
 * A schema without what stands beside a `$ref`, which does not count up to draft 7. ajv counts it; its option
 * `ignoreKeywordsWithRef` still checks `type`.
 */
export function withoutRefSiblings<Schema>(schema: Schema): Schema;
export function withoutRefSiblings(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map((item: unknown) => withoutRefSiblings(item));
  if (!isObject(schema)) return schema;
  const isReference = typeof schema['$ref'] === 'string';
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([name]) => !isReference || keptBesideRef.test(name))
      .map(([name, content]) => [name, holdsValues.has(name) ? content : withoutRefSiblings(content)]),
  );
}
