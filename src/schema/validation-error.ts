import { isNamed } from '../model/foreign.ts';

/**
 * What in a value does not fit its schema, and where. The path is put together on the way up, so that it costs nothing while
 * all is well.
 */
export class ValidationError extends Error {
  readonly reason: string;
  #path = '';

  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }

  /** `data.items[2].price`; empty for the value as a whole. */
  get path(): string {
    return this.#path;
  }

  /** The same, seen from the object or list that holds the value. */
  at(step: string | number): this {
    const name = typeof step === 'number' ? `[${step}]` : step;
    const joint = this.#path === '' || this.#path.startsWith('[') ? '' : '.';
    this.#path = name + joint + this.#path;
    return this;
  }
}

/** The error with one more step in its path; what else was thrown (a cycle's stack overflow) becomes a ValidationError. */
export function errorAt(thrown: unknown, step: string | number): ValidationError {
  if (thrown instanceof ValidationError) return thrown.at(step);
  const reason = thrown instanceof RangeError ? 'is nested too deeply, or holds itself' : String(thrown);
  return new ValidationError(reason).at(step);
}

/** "must be a string, and is a number": the value itself is not shown, for it may be personal. */
export function mustBe(what: string, value: unknown): ValidationError {
  return new ValidationError(
    value === undefined ? `is missing, and must be ${what}` : `must be ${what}, and is ${kindOf(value)}`,
  );
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Uint8Array) return 'bytes';
  if (typeof value === 'number') return Number.isInteger(value) ? 'a whole number' : 'a number';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'bigint') return 'a BigInt';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

type Properties = Readonly<Record<string, unknown>>;

/** An object with properties, and neither a list nor bytes. */
export function isObject(value: unknown): value is Properties {
  return isNamed(value) && !(value instanceof Uint8Array);
}

/**
 * Reads an object's own properties: what every object inherits (`constructor`, `valueOf`) would pass for one of that name.
 * @param names what a schema asks for; the object itself is returned, at no cost, where no inherited name is among them
 */
export function ownProperties(names: readonly string[]): (value: Properties) => Properties {
  const everyObject: object = Object.prototype;
  if (!names.some((name) => name in everyObject)) return (value) => value;
  return (value) => ({ __proto__: null, ...value });
}

/**
 * Writes each item of a list to `target`. It is passed on, since a closure for each list takes a quarter more time.
 * @throws ValidationError where the value is no list, or with the place of the item that `write` refuses
 */
export function eachItem<Target>(
  value: unknown,
  write: (item: unknown, target: Target) => void,
  target: Target,
): void {
  if (!Array.isArray(value)) throw mustBe('a list', value);
  let place = 0;
  try {
    for (; place < value.length; place++) write(value[place], target);
  } catch (thrown) {
    throw errorAt(thrown, place);
  }
}

/**
 * The same for the properties of an object, but those that JSON leaves out.
 * @throws ValidationError where the value is no object, or with the name of the property that `write` refuses
 */
export function eachProperty<Target>(
  value: unknown,
  write: (property: unknown, target: Target, name: string) => void,
  target: Target,
): void {
  if (!isObject(value)) throw mustBe('an object', value);
  for (const name of Object.keys(value)) {
    const property = value[name];
    if (property === undefined) continue;
    try {
      write(property, target, name);
    } catch (thrown) {
      throw errorAt(thrown, name);
    }
  }
}
