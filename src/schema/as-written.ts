/**
 * Whether JSON writes the value just as it is: nothing is left out (undefined, a function) and nothing becomes something else
 * (a Date, NaN, a BigInt, whatever has a `toJSON`). True for all that came as JSON.
 */
export function isAsWritten(value: unknown): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object') return false;
  return Array.isArray(value) ? isPlainList(value) : isPlainObject(value);
}

/** A hole is undefined, and so no JSON. */
function isPlainList(list: readonly unknown[]): boolean {
  for (const item of list) if (!isAsWritten(item)) return false;
  return true;
}

function isPlainObject(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) return false;
  const properties = object as Readonly<Record<string, unknown>>;
  for (const name in properties) if (!isAsWritten(properties[name])) return false;
  return true;
}
