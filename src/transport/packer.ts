import type { KafkaRecord } from '../model/record.ts';
import type { Codec } from '../protocol/codecs.ts';
import { packRecords, type PackedRecords } from '../protocol/record-batch.ts';

/** Encodes and compresses records for their request, or ahead of it where it was told which come next. */
export class Packer {
  readonly codec: Codec;
  readonly #ahead = new WeakMap<readonly KafkaRecord[], Promise<PackedRecords>>();

  constructor(codec: Codec) {
    this.codec = codec;
  }

  /** Begins with these. Whoever drops them has nothing to tell: what was packed goes with the array. */
  begin(records: readonly KafkaRecord[]): void {
    const packing = packRecords(records, this.codec);
    // Told to who asks for them; if nobody does, nothing is wrong.
    packing.catch(() => undefined);
    this.#ahead.set(records, packing);
  }

  /** @throws where the records cannot be encoded */
  pack(records: readonly KafkaRecord[]): Promise<PackedRecords> {
    return this.#ahead.get(records) ?? packRecords(records, this.codec);
  }
}
