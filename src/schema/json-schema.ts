import type { ErrorObject } from 'ajv';
import type { Compile } from './format.ts';
import { draftOf, validatorOf, type Draft, withoutRefSiblings } from './json-dialect.ts';
import { jsonText } from './json-text.ts';
import { framing } from './schema-id.ts';
import { ValidationError, isObject } from './validation-error.ts';

/** JSON Schema, checked by ajv: drafts 4, 6, 7, 2019-09 and 2020-12. */
export const compileJsonSchema: Compile = (text, { references = [] } = {}) => {
  const { draft, schema } = parse(text);
  const ajv = validatorOf(draft);
  const base = textIn(schema, draft === '04' ? 'id' : '$id');
  for (const { name, schema: referenced } of references) {
    // What a `$ref` of that text is in the schema; so Confluent's libraries take the names of references.
    const id = base === undefined ? name : ajv.opts.uriResolver.resolve(base, name);
    ajv.addSchema(parse(referenced, draft).schema, id);
  }
  const validate = ajv.compile(schema);
  return {
    name: textIn(schema, 'title'),
    writer(schemaId) {
      const frame = framing(schemaId);
      return (value) => {
        const json = jsonText(value);
        // What JavaScript has and JSON has not (a BigInt, a Date, undefined) fits or not by what is written of it.
        if (!validate(isPlainJson(value) ? value : JSON.parse(json)))
          throw validationErrorOf(validate.errors);
        const bytes = Buffer.allocUnsafe(frame.length + Buffer.byteLength(json));
        frame.copy(bytes);
        bytes.write(json, frame.length);
        return bytes;
      };
    },
  };
};

type Schema = boolean | Readonly<Record<string, unknown>>;

/**
 * Without the name of its draft, which ajv knows in one spelling only.
 * @param draft of the schema that refers to this one: what a schema refers to is read by its own draft
 */
function parse(text: string, draft?: Draft): { draft: Draft; schema: Schema } {
  const schema: unknown = JSON.parse(text);
  if (typeof schema === 'boolean') return { draft: draft ?? '07', schema };
  if (!isObject(schema)) throw new Error('it is neither an object nor true or false');
  const { $schema, ...keywords } = schema;
  const by = draft ?? draftOf($schema);
  // Confluent's libraries find under "$defs" what stands under "definitions".
  const isBridged = keywords['$defs'] === undefined && text.includes('#/$defs/');
  const others = isBridged ? { ...keywords, $defs: keywords['definitions'] } : keywords;
  return { draft: by, schema: by.startsWith('20') ? others : withoutRefSiblings(others) };
}

function textIn(schema: Schema, property: string): string | undefined {
  const value = isObject(schema) ? schema[property] : undefined;
  return typeof value === 'string' ? value : undefined;
}

function validationErrorOf(errors: ErrorObject[] | null | undefined): ValidationError {
  const [error] = errors ?? [];
  if (error === undefined) return new ValidationError('does not fit');
  const { instancePath, params, message = 'does not fit' } = error;
  const steps = instancePath.split('/').slice(1).map(unescape);
  const missing: unknown = error.keyword === 'required' ? params['missingProperty'] : undefined;
  const invalid =
    typeof missing === 'string'
      ? new ValidationError('is missing').at(missing)
      : new ValidationError(message + detailOf(params));
  return steps.reduceRight((found, step) => found.at(/^\d+$/.test(step) ? Number(step) : step), invalid);
}

/** ajv's messages leave out the name that is too much, and what would be allowed. */
function detailOf({ additionalProperty, allowedValues }: ErrorObject['params']): string {
  if (typeof additionalProperty === 'string') return ` ("${additionalProperty}")`;
  return Array.isArray(allowedValues)
    ? `: ${allowedValues.map((allowed) => JSON.stringify(allowed)).join(', ')}`
    : '';
}

const unescape = (step: string): string => step.replaceAll('~1', '/').replaceAll('~0', '~');

/**
 * Whether JSON writes the value just as it is: nothing is left out (undefined, a function) and nothing becomes something else
 * (a Date, NaN, a BigInt, whatever has a `toJSON`). True for all that came as JSON.
 */
function isPlainJson(value: unknown): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object') return false;
  if (Array.isArray(value)) {
    // Not `every`, which passes over holes: JSON writes null there.
    for (const item of value) if (!isPlainJson(item)) return false;
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  const properties = value as Readonly<Record<string, unknown>>;
  for (const name in properties) if (!isPlainJson(properties[name])) return false;
  return true;
}
