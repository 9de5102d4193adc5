import { recordName } from './contract-avro.ts';
import type { Fault, Field, Shape } from './contract-shape.ts';
import { protobufSchema } from './schemas.ts';

/** The event's Protobuf schema, with a field of its own type for each part that a contract determines. */
export function contractInProtobuf(parts: readonly Field[]): { schema: string; faults: readonly Fault[] } {
  const faults: Fault[] = [];
  const messages: string[] = [];
  const names = new Set<string>(['Event', 'Context', 'Entity']);

  function typeOf(shape: Shape, path: string): string {
    switch (shape.kind) {
      case 'string':
        return 'string';
      case 'boolean':
        return 'bool';
      case 'integer':
        return 'int64';
      case 'number':
        return 'double';
      case 'list':
      case 'map':
        faults.push({ path, say: 'is a list or a map directly in another, which Protobuf does not have' });
        return 'string';
      case 'record':
        return messageOf(shape.path, shape.fields);
    }
  }

  /** The type of a field with what stands before it. */
  function labelled({ path, shape }: Pick<Field, 'path' | 'shape'>): string {
    if (shape.kind !== 'list' && shape.kind !== 'map')
      return `${shape.kind === 'record' ? '' : 'optional '}${typeOf(shape, path)}`;
    if (shape.withNull)
      faults.push({ path, say: 'may hold null, which Protobuf does not have in lists and maps' });
    return shape.kind === 'list'
      ? `repeated ${typeOf(shape.items, `${path}[]`)}`
      : `map<string, ${typeOf(shape.values, `${path}.*`)}>`;
  }

  function messageOf(path: string, fields: readonly Field[]): string {
    const name = recordName(path);
    if (names.has(name))
      faults.push({ path, say: `makes a second message "${name}": rename one of the two` });
    names.add(name);
    const numbers = new Map<number, string>();
    const jsonNames = new Map<string, string>();
    const lines = fields.map((field) => {
      if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(field.name))
        faults.push({ path: field.path, say: 'is no name in Protobuf, which has letters, digits and "_"' });
      const number = numberOf(field.name);
      const jsonName = field.name.replace(/_+(.)/g, (_, letter: string) => letter.toUpperCase());
      const other = numbers.get(number) ?? jsonNames.get(jsonName);
      if (other !== undefined)
        faults.push({
          path: field.path,
          say: `cannot stand beside "${other}" in Protobuf: rename one of the two`,
        });
      numbers.set(number, field.name);
      jsonNames.set(jsonName, field.name);
      return `  ${labelled(field)} ${field.name} = ${number};\n`;
    });
    messages.push(`\nmessage ${name} {\n${lines.join('')}}\n`);
    return name;
  }

  const schema = parts.reduce((text, part) => {
    const column = new RegExp(`^  map<string, \\w+> ${part.name} =`, 'm');
    return text.replace(column, `  ${labelled(part)} ${part.name} =`);
  }, protobufSchema);
  return { schema: schema + messages.join(''), faults };
}

/** Protobuf keeps 19,000 to 19,999 for itself. */
const firstNumber = 20_000;
/** Four bytes of tag. More numbers would take five, fewer would meet. */
const mostNumbers = 2 ** 25 - firstNumber;

/**
 * A field's number, from its name alone (FNV-1a). By its place a property that is added before others would give its number to
 * another one, and readers would take one for the other: no registry notices where both have the same type.
 */
function numberOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return firstNumber + (hash % mostNumbers);
}
