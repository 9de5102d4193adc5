import { Ajv, type ErrorObject, type Options } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { isAsWritten } from './as-written.ts';
import type { Compile } from './format.ts';
import { framing } from './framing.ts';
import { jsonText } from './json-text.ts';
import { isObject, Misfit } from './misfit.ts';

/**
 * Keywords that a draft does not know are remarks in JSON Schema, and no faults. What every object inherits (`constructor`) is
 * no property.
 */
const options: Options = {
  ...{ strict: false, allErrors: false, logger: false, validateSchema: true },
  ownProperties: true,
  code: { regExp: Object.assign(regExpOf, { code: 'new RegExp' }) },
};

/** JSON Schema, checked by ajv: drafts 7, 2019-09 and 2020-12. */
export const compileJsonSchema: Compile = (text, { references = [] } = {}) => {
  const { draft, schema } = parse(text);
  const ajv = new drafts[draft](options);
  addFormats.default(ajv);
  const base = textIn(schema, '$id');
  for (const { name, schema: referenced } of references) {
    // What a `$ref` of that text is in the schema; so Confluent's libraries take the names of references.
    const id = base === undefined ? name : ajv.opts.uriResolver.resolve(base, name);
    ajv.addSchema(parse(referenced).schema, id);
  }
  const validate = ajv.compile(schema);
  return {
    name: textIn(schema, 'title'),
    writer(schemaId) {
      const frame = framing(schemaId);
      return (value) => {
        const json = jsonText(value);
        // What JavaScript has and JSON has not (a BigInt, a Date, undefined) fits or not by what is written of it.
        if (!validate(isAsWritten(value) ? value : JSON.parse(json))) throw misfitOf(validate.errors);
        const bytes = Buffer.allocUnsafe(frame.length + Buffer.byteLength(json));
        frame.copy(bytes);
        bytes.write(json, frame.length);
        return bytes;
      };
    },
  };
};

const drafts = { '07': Ajv, '2019-09': Ajv2019, '2020-12': Ajv2020 } as const;

function draftOf(dialect: unknown): keyof typeof drafts {
  const name =
    typeof dialect === 'string' ? dialect.replace(/^https?:\/\//, '').replace(/#$/, '') : undefined;
  switch (name) {
    // Without a word about it registries take a schema for draft 7.
    case undefined:
    case 'json-schema.org/draft-07/schema':
    case 'json-schema.org/schema':
      return '07';
    case 'json-schema.org/draft/2019-09/schema':
      return '2019-09';
    case 'json-schema.org/draft/2020-12/schema':
      return '2020-12';
    default:
      throw new Error(`its "$schema" is "${name}": known are draft-07, 2019-09 and 2020-12`);
  }
}

type Schema = boolean | Readonly<Record<string, unknown>>;

/**
 * Without the name of its draft, which ajv knows in one spelling only. What a schema refers to is read by the draft of the
 * schema itself.
 */
function parse(text: string): { draft: keyof typeof drafts; schema: Schema } {
  const schema: unknown = JSON.parse(text);
  if (typeof schema === 'boolean') return { draft: '07', schema };
  if (!isObject(schema)) throw new Error('it is neither an object nor true or false');
  const { $schema, ...others } = schema;
  return { draft: draftOf($schema), schema: others };
}

function textIn(schema: Schema, property: string): string | undefined {
  const value = isObject(schema) ? schema[property] : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** ajv sets the flag `u`, with which an escaped hyphen or `@` is a fault; elsewhere patterns are full of them. */
function regExpOf(pattern: string, flags: string): RegExp {
  try {
    return new RegExp(pattern, flags);
  } catch {
    return new RegExp(pattern);
  }
}

function misfitOf(errors: ErrorObject[] | null | undefined): Misfit {
  const [error] = errors ?? [];
  if (error === undefined) return new Misfit('does not fit');
  const { instancePath, params, message = 'does not fit' } = error;
  const steps = instancePath.split('/').slice(1).map(unescape);
  const missing: unknown = error.keyword === 'required' ? params['missingProperty'] : undefined;
  const misfit = new Misfit(typeof missing === 'string' ? 'is missing' : message + detailOf(params));
  if (typeof missing === 'string') misfit.within(missing);
  return steps.reduceRight((found, step) => found.within(/^\d+$/.test(step) ? Number(step) : step), misfit);
}

/** ajv's messages leave out the name that is too much, and what would be allowed. */
function detailOf({ additionalProperty, allowedValues }: ErrorObject['params']): string {
  if (typeof additionalProperty === 'string') return ` ("${additionalProperty}")`;
  return Array.isArray(allowedValues)
    ? `: ${allowedValues.map((allowed) => JSON.stringify(allowed)).join(', ')}`
    : '';
}

const unescape = (step: string): string => step.replaceAll('~1', '/').replaceAll('~0', '~');
