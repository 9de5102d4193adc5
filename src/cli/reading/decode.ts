import type { StoredRecord } from '../../model/record.ts';
import { decodeBytes } from './bytes.ts';
import type { Decoded, Decoder } from './decoder.ts';
import { framedDecoder, type FramedOptions } from './framed.ts';
import { decodeJson } from './json.ts';

export function decoderOf(options: FramedOptions): (record: StoredRecord) => Decoded | Promise<Decoded> {
  const decoders: readonly Decoder[] = [decodeJson, framedDecoder(options)];
  return (record) => {
    for (const decode of decoders) {
      const decoded = decode(record);
      if (decoded !== undefined) return decoded;
    }
    return decodeBytes(record);
  };
}
