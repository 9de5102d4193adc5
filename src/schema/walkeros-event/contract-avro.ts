import type { Fault, Field, Shape } from './contract-shape.ts';
import { avroSchema } from './schemas.ts';

/** The event's Avro schema, with a column of its own type for each part that a contract determines. */
export function contractInAvro(parts: readonly Field[]): { schema: string; faults: readonly Fault[] } {
  const faults: Fault[] = [];
  const names = new Set<string>(['Event', 'Context', 'Entity']);

  function typeOf(shape: Shape): unknown {
    switch (shape.kind) {
      case 'string':
      case 'boolean':
        return shape.kind;
      case 'integer':
        return 'long';
      case 'number':
        return 'double';
      case 'list':
        return { type: 'array', items: nullable(typeOf(shape.items), shape.withNull) };
      case 'map':
        return { type: 'map', values: nullable(typeOf(shape.values), shape.withNull) };
      case 'record':
        return { type: 'record', name: nameOf(shape.path), fields: shape.fields.map(fieldOf) };
    }
  }

  function fieldOf({ name, path, shape, required }: Field): object {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      faults.push({ path, say: 'is no name in Avro, which has letters, digits and "_"' });
    return required
      ? { name, type: typeOf(shape) }
      : { name, type: nullable(typeOf(shape), true), default: null };
  }

  /** By its path, so that what comes before or after it changes no name. */
  function nameOf(path: string): string {
    const name = recordName(path);
    if (names.has(name)) faults.push({ path, say: `makes a second record "${name}": rename one of the two` });
    names.add(name);
    return name;
  }

  const typed = new Map(parts.map((part) => [part.name, fieldOf(part)]));
  const fields = avroSchema.fields.map((field) => typed.get(field.name) ?? field);
  return { schema: JSON.stringify({ ...avroSchema, fields }), faults };
}

const nullable = (type: unknown, withNull: boolean): unknown => (withNull ? ['null', type] : type);

/** `data.items[].price`: `Data_items_price`. */
export function recordName(path: string): string {
  const name = path.replaceAll('[]', '').replaceAll('.*', '').replaceAll('.', '_');
  return name.charAt(0).toUpperCase() + name.slice(1);
}
