import type { Schema } from '../vocabulary/schema.ts';
import type { Decoded, Decoder } from './decoder.ts';

/** What decoding needs of a Schema Registry; `registry/` has one. */
export interface Schemas {
  byId(id: number): Promise<Schema | undefined>;
}

/** The registry's wire format: a zero, the id of the schema in four bytes, the value. */
export function framedDecoder(schemas: Schemas | undefined): Decoder {
  return ({ value }) => {
    void schemas;
    if (value === null || value.length < 5 || value[0] !== 0) return undefined;
    const id = value.readInt32BE(1);
    return undecoded(id, value.subarray(5));
  };
}

function undecoded(id: number, payload: Buffer): Decoded {
  return { format: `schema ${id}`, value: payload.toString('base64') };
}
