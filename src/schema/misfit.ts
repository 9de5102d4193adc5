/** What in a value does not fit its schema, and where. The path is put together on the way up, so that it costs nothing while all is well. */
export class Misfit extends Error {
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

  /** The same, seen from what holds the value. */
  within(step: string | number): this {
    const own = typeof step === 'number' ? `[${step}]` : step;
    const joint = this.#path === '' || this.#path.startsWith('[') ? '' : '.';
    this.#path = own + joint + this.#path;
    return this;
  }
}

/** Adds a step to the path of a misfit; what else was thrown (a cycle's stack overflow) becomes one. */
export function within(thrown: unknown, step: string | number): Misfit {
  if (thrown instanceof Misfit) return thrown.within(step);
  return new Misfit(
    thrown instanceof RangeError ? 'is nested too deeply, or holds itself' : String(thrown),
  ).within(step);
}

/** "must be a string, and is a number": the value itself is not shown, for it may be personal. */
export function mustBe(what: string, value: unknown): Misfit {
  return new Misfit(
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

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}
