import type { SchemaId } from '../model/schema.ts';
import { varint } from '../model/varint.ts';

/** How a value tells its schema: in front of it, or in the header `__value_schema_id`, as Confluent's clients write and read it. */

/**
 * The bytes in front of a value in the registry's wire format: a zero, then the schema's id in four bytes, big-endian.
 * https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format
 */
export function framing(schemaId: number | undefined, messageIndexes?: readonly number[]): Buffer {
  if (schemaId === undefined) return Buffer.alloc(0);
  const frame = Buffer.alloc(5);
  frame.writeInt32BE(schemaId, 1);
  return messageIndexes === undefined ? frame : Buffer.concat([frame, indexBytes(messageIndexes)]);
}

/** Where a message stands in its file, outermost first: the count, then each. The first message of all is a single zero. */
function indexBytes(indexes: readonly number[]): Buffer {
  if (indexes.length === 1 && indexes[0] === 0) return Buffer.of(0);
  return Buffer.concat([indexes.length, ...indexes].map(varint));
}

const prefixLength = 5;
const guidMagic = 1;
const guidLength = 16;

/**
 * The value of the header: a one, then the schema's GUID in 16 bytes, then the indexes of the message. Where the registry has no
 * GUIDs it is what would stand in front of the value, which Confluent's clients read there as well.
 */
export function schemaIdBytes(
  { id, guid }: { readonly id: number; readonly guid?: string },
  messageIndexes?: readonly number[],
): Buffer {
  if (guid === undefined) return framing(id, messageIndexes);
  const bytes = Buffer.from(guid.replaceAll('-', ''), 'hex');
  return Buffer.concat([
    Buffer.of(guidMagic),
    bytes,
    ...(messageIndexes ? [indexBytes(messageIndexes)] : []),
  ]);
}

/** What begins with the id of a schema, in either form, and the rest of it; undefined for bytes that do not. */
export function splitSchemaId(bytes: Buffer): { readonly id: SchemaId; readonly rest: Buffer } | undefined {
  if (bytes[0] === 0 && bytes.length >= prefixLength) {
    const id = bytes.readInt32BE(1);
    return id < 0 ? undefined : { id, rest: bytes.subarray(prefixLength) };
  }
  if (bytes[0] !== guidMagic || bytes.length <= guidLength) return undefined;
  const guid = bytes.toString('hex', 1, guidLength + 1).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  return { id: guid, rest: bytes.subarray(guidLength + 1) };
}

/** What a registry calls one is put into bytes, and into the path of a question. */
export function isGuid(value: unknown): value is string {
  return typeof value === 'string' && /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(value);
}
