type Properties = Readonly<Record<string, unknown>>;

/**
 * What every object inherits (`constructor`, `valueOf`) would pass for a property of that name.
 * @param names what a schema asks for
 * @returns gives an object's own properties; the object itself, at no cost, where no such name is among them
 */
export function ownOf(names: readonly string[]): (value: Properties) => Properties {
  const everyObject: object = Object.prototype;
  if (!names.some((name) => name in everyObject)) return (value) => value;
  return (value) => ({ __proto__: null, ...value });
}
