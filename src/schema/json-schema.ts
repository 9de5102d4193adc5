import type { ErrorObject } from 'ajv';
import { isAsWritten } from './as-written.ts';
import type { Compile } from './format.ts';
import { framing } from './framing.ts';
import { draftOf, validatorOf, type Draft } from './json-dialect.ts';
import { jsonText } from './json-text.ts';
import { isObject, Misfit } from './misfit.ts';
import { referencesAlone } from './references-alone.ts';

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
        if (!validate(isAsWritten(value) ? value : JSON.parse(json))) throw misfitOf(validate.errors);
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
  const { $schema, ...own } = schema;
  const by = draft ?? draftOf($schema);
  // Confluent's libraries find under "$defs" what stands under "definitions".
  const isBridged = own['$defs'] === undefined && text.includes('#/$defs/');
  const others = isBridged ? { ...own, $defs: own['definitions'] } : own;
  return { draft: by, schema: siblingsCount.has(by) ? others : referencesAlone(others) };
}

const siblingsCount: ReadonlySet<Draft> = new Set(['2019-09', '2020-12']);

function textIn(schema: Schema, property: string): string | undefined {
  const value = isObject(schema) ? schema[property] : undefined;
  return typeof value === 'string' ? value : undefined;
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
