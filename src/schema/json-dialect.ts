import { Ajv, str, type Options } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { isMultipleOf } from './multiple-of.ts';

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
  if (draft === '04') for (const limit of limits) addLimit(ajv, limit);
  for (const format of formatsOf(draft)) ajv.addFormat(format, formats[format]);
  return ajv;
}

const classes = { '04': Ajv, '06': Ajv, '07': Ajv, '2019-09': Ajv2019, '2020-12': Ajv2020 } as const;

/** What the library knows and the draft does not. */
const later: Partial<Record<Draft, readonly string[]>> = {
  '04': ['const', 'contains', 'propertyNames', 'if', 'then', 'else'],
  '06': ['if', 'then', 'else'],
};

interface Limit {
  readonly keyword: 'minimum' | 'maximum';
  /** In draft 4: true, where the limit itself is outside. */
  readonly exclusive: 'exclusiveMinimum' | 'exclusiveMaximum';
  readonly words: string;
  /** Below zero: the value is outside. */
  readonly room: (value: number, limit: number) => number;
}

const limits: readonly Limit[] = [
  {
    ...{ keyword: 'minimum', exclusive: 'exclusiveMinimum', words: '>' },
    room: (value, limit) => value - limit,
  },
  {
    ...{ keyword: 'maximum', exclusive: 'exclusiveMaximum', words: '<' },
    room: (value, limit) => limit - value,
  },
];

function addLimit(ajv: Ajv, { keyword, exclusive, words, room }: Limit): void {
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

type Test = (text: string) => boolean;

const known = (name: addFormats.FormatName): Test => {
  const format = addFormats.default.get(name);
  if (format instanceof RegExp) return (text) => format.test(text);
  if (typeof format === 'function') return format;
  if (typeof format === 'object' && typeof format.validate === 'function') return format.validate as Test;
  throw new Error(`no format "${name}"`);
};

/** Java takes any letter where RFC 3986 wants it escaped, and so do browsers. */
const inAnyScript =
  (test: Test): Test =>
  (text) =>
    // eslint-disable-next-line no-control-regex
    test(text.replace(/[^\u0000-\u007f]/g, 'a'));

const formats = {
  'date-time': known('date-time'),
  email: known('email'),
  hostname: known('hostname'),
  ipv4: known('ipv4'),
  ipv6: known('ipv6'),
  uri: inAnyScript(known('uri')),
  'uri-reference': inAnyScript(known('uri-reference')),
  'json-pointer': known('json-pointer'),
  'relative-json-pointer': known('relative-json-pointer'),
  date: known('date'),
  time: known('time'),
  regex: isRegExp,
};

/** What a draft asserts. From 2019-09 on a format is a remark, and to Confluent's libraries as well. */
function formatsOf(draft: Draft): readonly (keyof typeof formats)[] {
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
  const own = javaFlags.exec(pattern);
  const text = own === null ? pattern : pattern.slice(own[0].length);
  const [, more = ''] = own ?? [];
  try {
    return new RegExp(text, flags + more);
  } catch {
    return new RegExp(text, more);
  }
}

function isRegExp(text: string): boolean {
  try {
    regExpOf(text, 'u');
    return true;
  } catch {
    return false;
  }
}
