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
};

/** JSON Schema, checked by ajv: drafts 7, 2019-09 and 2020-12. */
export const compileJsonSchema: Compile = (text, { references = [] } = {}) => {
  const schema = parse(text);
  const ajv = ajvFor(isObject(schema) ? schema['$schema'] : undefined);
  addFormats.default(ajv);
  for (const { name, schema: referenced } of references) ajv.addSchema(parse(referenced), name);
  const validate = ajv.compile(schema);
  const title = isObject(schema) ? schema['title'] : undefined;
  return {
    name: typeof title === 'string' ? title : undefined,
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

function ajvFor(dialect: unknown) {
  const name =
    typeof dialect === 'string' ? dialect.replace(/^https?:\/\//, '').replace(/#$/, '') : undefined;
  switch (name) {
    // Without a word about it registries take a schema for draft 7.
    case undefined:
    case 'json-schema.org/draft-07/schema':
    case 'json-schema.org/schema':
      return new Ajv(options);
    case 'json-schema.org/draft/2019-09/schema':
      return new Ajv2019(options);
    case 'json-schema.org/draft/2020-12/schema':
      return new Ajv2020(options);
    default:
      throw new Error(`its "$schema" is "${name}": known are draft-07, 2019-09 and 2020-12`);
  }
}

function parse(text: string): boolean | Readonly<Record<string, unknown>> {
  const schema: unknown = JSON.parse(text);
  if (typeof schema === 'boolean' || isObject(schema)) return schema;
  throw new Error('it is neither an object nor true or false');
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
