import type { StoredRecord } from '../vocabulary/stored-record.ts';
import type { Decoded, Decoder } from './decoder.ts';
import { decodeBytes } from './bytes.ts';
import { decodeJson } from './json.ts';
import { framedDecoder, type Schemas } from './framed.ts';

/** @param schemas where schemas are looked up by their id; without it values that need one are shown as bytes */
export function decoderOf(
  schemas: Schemas | undefined,
): (record: StoredRecord) => Decoded | Promise<Decoded> {
  const decoders: readonly Decoder[] = [decodeJson, framedDecoder(schemas)];
  return (record) => {
    for (const decode of decoders) {
      const decoded = decode(record);
      if (decoded !== undefined) return decoded;
    }
    return decodeBytes(record);
  };
}
