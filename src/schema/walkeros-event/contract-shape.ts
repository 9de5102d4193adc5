import { isNamed } from '../../model/foreign.ts';

type Json = Readonly<Record<string, unknown>>;

/** What a contract does not determine, or a format cannot have. */
export interface Fault {
  /** Within the event, such as `data.items[].price`. */
  readonly path: string;
  readonly say: string;
}

/** What a JSON Schema determines of a value. `null` beside a type makes a property optional, as its absence from `required` does. */
export type Shape =
  | { readonly kind: 'string' | 'integer' | 'number' | 'boolean' }
  | { readonly kind: 'list'; readonly items: Shape; readonly withNull: boolean }
  | { readonly kind: 'map'; readonly values: Shape; readonly withNull: boolean }
  | { readonly kind: 'record'; readonly path: string; readonly fields: readonly Field[] };

export interface Field {
  readonly name: string;
  readonly path: string;
  readonly shape: Shape;
  /** It must be there, and not be null. */
  readonly required: boolean;
}

/** Parts of the event that are free, and typed where a contract says how. All others have one shape in every event. */
const freeParts = ['data', 'globals', 'custom', 'user', 'consent', 'source'];

/** No contract is deeper, and no chain of references in it longer. */
const deepest = 32;

/** The shape of each free part of the event that the contract determines. */
export function shapesOf(contract: Json): { shapes: readonly Field[]; faults: readonly Fault[] } {
  const faults: Fault[] = [];
  const refuse = (path: string, say: string): undefined => void faults.push({ path, say });

  function resolved(schema: unknown, path: string): Json | undefined {
    let found = schema;
    for (let step = 0; isNamed(found) && typeof found['$ref'] === 'string'; step += 1) {
      const reference = found['$ref'];
      found = step < deepest ? pointedAt(contract, reference) : undefined;
      if (found === undefined) return refuse(path, `refers to "${reference}", which is not in the contract`);
    }
    return isNamed(found) ? found : refuse(path, 'has no type');
  }

  /** `withNull`: null is one of its values. */
  function shape(
    given: unknown,
    path: string,
    outer: readonly Json[],
  ): { shape: Shape; withNull: boolean } | undefined {
    const schema = resolved(given, path);
    if (schema === undefined) return undefined;
    if (outer.includes(schema) || outer.length > deepest)
      return refuse(path, 'is nested too deeply, or holds itself');
    const within = [...outer, schema];
    for (const keyword of ['anyOf', 'oneOf']) {
      const branches = schema[keyword];
      if (!Array.isArray(branches)) continue;
      const others = branches.filter((branch) => !isNull(branch));
      if (others.length !== 1 || others.length === branches.length)
        return refuse(path, `has several types (${keyword})`);
      const only = shape(others[0], path, within);
      return only && { ...only, withNull: true };
    }
    const types = typesOf(schema);
    const [type, ...more] = types.filter((one) => one !== 'null');
    if (type === undefined) return refuse(path, 'has no type');
    if (more.length > 0) return refuse(path, `has several types (${types.join(', ')})`);
    const withNull = types.includes('null');
    const found = typed(schema, type, path, within);
    return found && { shape: found, withNull };
  }

  function typed(schema: Json, type: string, path: string, within: readonly Json[]): Shape | undefined {
    if (type === 'string' || type === 'integer' || type === 'number' || type === 'boolean')
      return { kind: type };
    if (type === 'array') {
      if (!isNamed(schema['items'])) return refuse(path, 'is a list whose items have no type (items)');
      const items = shape(schema['items'], `${path}[]`, within);
      return items && { kind: 'list', items: items.shape, withNull: items.withNull };
    }
    if (type !== 'object') return refuse(path, `has the unknown type "${type}"`);
    const { properties, additionalProperties, patternProperties } = schema;
    if (patternProperties !== undefined)
      return refuse(path, 'has names by a pattern (patternProperties), which no record has');
    if (isNamed(properties) && Object.keys(properties).length > 0) {
      if (isNamed(additionalProperties) && Object.keys(additionalProperties).length > 0)
        return refuse(path, 'has a type for other properties (additionalProperties) beside named ones');
      return { kind: 'record', path, fields: fields(schema, properties, path, within) };
    }
    if (!isNamed(additionalProperties))
      return refuse(
        path,
        'is an object that names no properties, and no type for them (additionalProperties)',
      );
    const values = shape(additionalProperties, `${path}.*`, within);
    return values && { kind: 'map', values: values.shape, withNull: values.withNull };
  }

  function fields({ required }: Json, properties: Json, path: string, within: readonly Json[]): Field[] {
    const needed = new Set(Array.isArray(required) ? required : []);
    for (const name of needed)
      if (typeof name === 'string' && !Object.hasOwn(properties, name)) {
        // walkerOS 4.2.1 takes remarks out of a contract, and properties that are called like one with them.
        const taken = remarks.has(name)
          ? '; walkerOS 4.2.1 takes properties of this name out of a contract'
          : '';
        refuse(`${path}.${name}`, `is required, and has no type${taken}`);
      }
    return Object.entries(properties).flatMap(([name, property]): Field[] => {
      const at = `${path}.${name}`;
      const found = shape(property, at, within);
      return found
        ? [{ name, path: at, shape: found.shape, required: needed.has(name) && !found.withNull }]
        : [];
    });
  }

  const { properties, required } = contract;
  const isRequired = (name: string): boolean => Array.isArray(required) && required.includes(name);
  const shapes = freeParts.flatMap((name): Field[] => {
    const part = isNamed(properties) ? properties[name] : undefined;
    // Without any word on what is in it the part stays free.
    if (part === undefined || isFree(part)) return [];
    const found = shape(part, name, []);
    return found
      ? [{ name, path: name, shape: found.shape, required: isRequired(name) && !found.withNull }]
      : [];
  });
  return { shapes, faults };
}

const remarks: ReadonlySet<string> = new Set(['title', 'description', 'examples', '$comment']);

const isFree = (part: unknown): boolean =>
  part === true ||
  (isNamed(part) &&
    !['properties', 'patternProperties', '$ref', 'anyOf', 'oneOf'].some((keyword) => keyword in part) &&
    !isNamed(part['additionalProperties']));

const isNull = (schema: unknown): boolean => isNamed(schema) && schema['type'] === 'null';

/** As the schema says it, or by its only values. */
function typesOf({ type, enum: values, const: value, properties }: Json): string[] {
  if (type !== undefined) return [type].flat().filter((one) => typeof one === 'string');
  if (value !== undefined) return [typeOfValue(value)];
  if (Array.isArray(values)) return [...new Set(values.map(typeOfValue))];
  return isNamed(properties) ? ['object'] : [];
}

function typeOfValue(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** Of a reference within the document. */
function pointedAt(root: Json, reference: string): unknown {
  if (!reference.startsWith('#/')) return undefined;
  return reference
    .slice(2)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (found, step) => (isNamed(found) && Object.hasOwn(found, step) ? found[step] : undefined),
      root,
    );
}
