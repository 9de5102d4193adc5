import protobuf, { type Field, type MapField, type Type } from 'protobufjs';
import { oncePerType } from '../format.ts';
import {
  ValidationError,
  errorAt,
  mustBe,
  isObject,
  ownProperties,
  eachItem,
  eachProperty,
} from '../validation-error.ts';
import { anyWriter, isAny } from './any.ts';
import { scalars, type Scalar, type Write } from './scalars.ts';
import { wellKnown } from './well-known.ts';

/** Writes a field with its tag, or nothing. @throws ValidationError */
type WriteField = (value: unknown, writer: protobuf.Writer) => void;

/**
 * A function that writes a message that protobufjs has parsed, without its length: on its own `Writer`, but from values as JSON has
 * them, by the rules of ProtoJSON (64-bit integers and bytes as text, enums by name), and so that an error names its path.
 */
export function messageWriter(root: Type): Write {
  const of = oncePerType((type: Type): Write => {
    const write = wellKnown(type.fullName)?.(type, fieldWriter) ?? message(type);
    return isAny(type) ? anyWriter(type, of, write) : write;
  });

  function message(type: Type): Write {
    const fields = [...type.fieldsArray]
      .sort((one, other) => one.id - other.id)
      .map((field) => ({
        name: field.name,
        jsonName: jsonNameOf(field),
        oneof: field.partOf?.name,
        required: field.required,
        takesNull: !field.repeated && holdsNull(field),
        write: fieldWriter(field),
      }));
    const hasOneofs = fields.some(({ oneof }) => oneof !== undefined);
    const properties = ownProperties(fields.flatMap(({ name, jsonName }) => [name, jsonName]));
    return (value, writer) => {
      if (!isObject(value)) throw mustBe('an object', value);
      const own = properties(value);
      if (hasOneofs) checkOneofs(fields, own);
      for (const { name, jsonName, required, takesNull, write } of fields) {
        const property = own[name] ?? own[jsonName];
        if (
          (property !== undefined && property !== null) ||
          (takesNull && (own[name] === null || property === null))
        ) {
          try {
            write(property, writer);
          } catch (thrown) {
            throw errorAt(thrown, name);
          }
        } else if (required) throw mustBe('there', undefined).at(name);
      }
    };
  }

  function fieldWriter(field: Field): WriteField {
    field.resolve();
    if (field.delimited) throw new Error(`its field "${field.fullName}" is a group, which is not supported`);
    if (field instanceof protobuf.MapField) return mapWriter(field);
    const kind = kindOf(field);
    const write = tagged(field.id, kind);
    if (field.repeated) return field.packed && kind.wireType !== 2 ? packed(field.id, kind) : repeated(write);
    if (field.hasPresence || kind.isDefault === undefined) return write;
    const { isDefault } = kind;
    return (value, writer) => {
      if (!isDefault(value)) write(value, writer);
    };
  }

  function kindOf({ type, resolvedType, fullName }: Pick<Field, 'type' | 'resolvedType' | 'fullName'>): Kind {
    if (resolvedType instanceof protobuf.Enum) return enumKind(resolvedType);
    if (resolvedType instanceof protobuf.Type) return { wireType: 2, write: delimited(of(resolvedType)) };
    const scalar = scalars[type];
    if (scalar === undefined) throw new Error(`its field "${fullName}" has the unknown type "${type}"`);
    return scalar;
  }

  function mapWriter(field: MapField): WriteField {
    const key = scalars[field.keyType];
    if (key === undefined) throw new Error(`its map "${field.fullName}" has keys of type "${field.keyType}"`);
    const writeKey = tagged(1, key);
    const writeValue = tagged(2, kindOf(field));
    const keyOf = keyParser(field.keyType);
    const tag = tagOf(field.id, 2);
    const withNull = holdsNull(field);
    const writeEntry = (entry: unknown, writer: protobuf.Writer, name: string): void => {
      if (entry === null && !withNull) return;
      writer.uint32(tag).fork();
      writeKey(keyOf(name), writer);
      writeValue(entry, writer);
      writer.ldelim();
    };
    return (value, writer) => eachProperty(value, writeEntry, writer);
  }

  return of(root);
}

interface Kind extends Pick<Scalar, 'wireType' | 'write'> {
  readonly isDefault?: Scalar['isDefault'];
}

const tagOf = (id: number, wireType: number): number => ((id << 3) | wireType) >>> 0;

function tagged(id: number, { wireType, write }: Kind): WriteField {
  const tag = tagOf(id, wireType);
  return (value, writer) => write(value, writer.uint32(tag));
}

const delimited =
  (write: Write): Write =>
  (value, writer) => {
    write(value, writer.fork());
    writer.ldelim();
  };

function repeated(write: WriteField): WriteField {
  return (value, writer) => eachItem(value, write, writer);
}

function packed(id: number, { write }: Kind): WriteField {
  const tag = tagOf(id, 2);
  return (value, writer) => {
    if (Array.isArray(value) && value.length === 0) return;
    writer.uint32(tag).fork();
    eachItem(value, write, writer);
    writer.ldelim();
  };
}

function enumKind({ values }: protobuf.Enum): Kind {
  const numbers = new Set(Object.values(values));
  const numberOf = (value: unknown): number => {
    const number = typeof value === 'string' ? values[value] : value;
    if (typeof number === 'number' && numbers.has(number)) return number;
    throw new ValidationError(`must be one of ${Object.keys(values).join(', ')}`);
  };
  return {
    wireType: 0,
    write: (value, writer) => writer.int32(numberOf(value)),
    isDefault: (value) => numberOf(value) === 0,
  };
}

/** Keys of a JSON object are always text: turns them into what the schema asks for. */
function keyParser(keyType: string): (name: string) => unknown {
  if (keyType === 'string') return (name) => name;
  if (keyType === 'bool') return (name) => (name === 'true' ? true : name === 'false' ? false : name);
  if (keyType.endsWith('64')) return (name) => name;
  return (name) => (/^-?\d+$/.test(name) ? Number(name) : name);
}

/** null means absent, but for `google.protobuf.Value`, which holds any JSON: there it is a value. */
const holdsNull = ({ resolvedType }: Pick<Field, 'resolvedType'>): boolean =>
  resolvedType?.fullName === '.google.protobuf.Value';

/** `jsonName` is known once the field is resolved, and not in the types. */
function jsonNameOf(field: Field): string {
  const name: unknown = Reflect.get(field.resolve(), 'jsonName');
  return typeof name === 'string' ? name : field.name;
}

function checkOneofs(
  fields: readonly { name: string; jsonName: string; oneof: string | undefined; takesNull: boolean }[],
  value: Readonly<Record<string, unknown>>,
): void {
  const taken = new Map<string, string>();
  for (const { name, jsonName, oneof, takesNull } of fields) {
    if (oneof === undefined) continue;
    const property = value[name] ?? value[jsonName] ?? undefined;
    if (property === undefined && !(takesNull && (value[name] === null || value[jsonName] === null)))
      continue;
    const other = taken.get(oneof);
    if (other !== undefined)
      throw new ValidationError(`holds "${other}" and "${name}", of which there may be one`);
    taken.set(oneof, name);
  }
}
