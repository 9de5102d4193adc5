import { isDeepStrictEqual } from 'node:util';
import type { KafkaError } from '../../src/model/errors.ts';
import type { KafkaRecord } from '../../src/model/record.ts';
import { partitionKey } from '../../src/model/partition.ts';
import {
  unassigned,
  type Assigned,
  type BatchInDoubt,
  type OnSpooled,
  type SpooledRecord,
  type NotedBatch,
  type Place,
  type Spool,
  type SpoolLevel,
} from '../../src/model/spool.ts';
import { spoolErrors } from '../../src/spool/errors.ts';
import { spoolBytes } from '../../src/spool/sqlite/schema.ts';

interface Row {
  readonly record: KafkaRecord;
  readonly keptAt: Date;
  partition: number;
  refused: string | undefined;
}

/** What outlives a `MemorySpool`, as a file does a process. */
export class MemoryDisk {
  readonly rows = new Map<number, Row>();
  readonly inDoubt = new Map<string, NotedBatch>();
  /** Set: every write fails with it. */
  fault: Error | undefined;
  /** Set: nothing can be read. */
  unreadable: Error | undefined;
}

export interface MemorySpoolOptions {
  readonly disk: MemoryDisk;
  readonly maxBytes: number;
  /** Runs a task once the disk has synced. */
  readonly synced: (task: () => void) => void;
}

/** The spool without a disk, for unit tests. What is not synced when it is dropped is gone, as with a killed process. */
export class MemorySpool implements Spool {
  readonly lastId: number;
  readonly #disk: MemoryDisk;
  readonly #options: MemorySpoolOptions;
  /** What the running process sees: the disk, and what is on its way there. */
  readonly #rows: Map<number, Row>;
  /** Of which the disk has not heard what became of them. */
  readonly #changed = new Set<number>();
  #bytes = 0;
  readonly #inDoubt: Map<string, NotedBatch>;
  #noted: (() => void)[] = [];
  #incoming = new Map<number, OnSpooled>();
  #turnedAway = new Map<number, OnSpooled>();
  #removals: (() => void)[] = [];
  #scheduled = false;
  #closed = false;
  #fullAt = Infinity;

  constructor(options: MemorySpoolOptions) {
    this.#options = options;
    this.#disk = options.disk;
    for (const row of this.#disk.rows.values()) row.refused = undefined;
    const rows = [...this.#disk.rows].sort(([one], [other]) => one - other);
    this.#rows = new Map(rows.map(([id, row]) => [id, { ...row }]));
    for (const { record } of this.#rows.values()) this.#bytes += spoolBytes(record);
    this.#inDoubt = new Map(this.#disk.inDoubt);
    this.lastId = Math.max(0, ...this.#rows.keys());
  }

  append(id: number, record: KafkaRecord, partition: number, kept: OnSpooled): void {
    const bytes = spoolBytes(record);
    if (this.#bytes + bytes > this.#options.maxBytes) {
      this.#fullAt = this.#bytes;
      this.#turnedAway.set(id, kept);
    } else {
      this.#fullAt = Infinity;
      this.#delete(id);
      this.#rows.set(id, { record, keptAt: new Date(), partition, refused: undefined });
      this.#bytes += bytes;
      this.#changed.add(id);
      this.#incoming.set(id, kept);
    }
    this.#schedule();
  }

  get accepting(): boolean {
    return this.#disk.fault === undefined && this.#bytes < this.#fullAt;
  }

  remove(id: number): void {
    if (this.#turnedAway.delete(id)) return;
    this.#delete(id);
    this.#incoming.delete(id);
    this.#schedule();
  }

  refuse(id: number, error: KafkaError): void {
    const row = this.#rows.get(id);
    if (row) row.refused = error.message;
    this.#changed.add(id);
    this.#schedule();
  }

  read({ topic, partition }: Place, after: number, maxBytes: number): SpooledRecord[] {
    if (this.#disk.unreadable) throw this.#disk.unreadable;
    const kept: SpooledRecord[] = [];
    let bytes = 0;
    for (const [id, row] of this.#waiting()) {
      if (id <= after || row.record.topic !== topic || row.partition !== partition) continue;
      bytes += spoolBytes(row.record);
      if (bytes > maxBytes && kept.length > 0) break;
      kept.push({ id, record: row.record });
    }
    return kept;
  }

  whenRemoved(then: () => void): void {
    if (this.#disk.fault === undefined) then();
    else this.#removals.push(then);
  }

  places(): (Place & { records: number })[] {
    const places = new Map<string, Place & { records: number }>();
    for (const [, { record, partition }] of this.#waiting()) {
      const name = `${record.topic} ${partition}`;
      const { records } = places.get(name) ?? { records: 0 };
      places.set(name, { topic: record.topic, partition, records: records + 1 });
    }
    return [...places.values()];
  }

  assign(topic: string, partitions: number, choose: (key: Buffer | null) => number, limit: number): Assigned {
    const fault = this.#closed ? new Error('the spool is closed') : this.#disk.fault;
    if (fault) throw fault;
    const withoutPartition = this.#waiting().filter(
      ([, { record, partition }]) =>
        record.topic === topic && (partition === unassigned || partition >= partitions),
    );
    for (const [id, row] of withoutPartition.slice(0, limit)) {
      row.partition = choose(row.record.key);
      this.#changed.add(id);
    }
    return withoutPartition.length >= limit ? 'more' : 'done';
  }

  batchesInDoubt(): BatchInDoubt[] {
    return [...this.#inDoubt.values()];
  }

  noteInDoubt(batches: readonly NotedBatch[], noted: () => void): void {
    for (const batch of batches) {
      const isWhole = batch.ids.every((id) => this.#rows.has(id));
      if (isWhole) this.#inDoubt.set(partitionKey(batch.topic, batch.partition), batch);
      else this.forgetInDoubt(batch);
    }
    this.#noted.push(noted);
    this.#schedule();
  }

  forgetInDoubt({ topic, partition }: Place): void {
    this.#inDoubt.delete(partitionKey(topic, partition));
    this.#schedule();
  }

  readInDoubt({ topic, partition, ids }: BatchInDoubt): SpooledRecord[] | undefined {
    const noted = this.#inDoubt.get(partitionKey(topic, partition));
    const records = ids.flatMap((id, index) => {
      const row = this.#rows.get(id);
      const same =
        row?.refused === undefined && isDeepStrictEqual(row?.record.value, noted?.records[index]?.value);
      return row && same ? [{ id, record: row.record }] : [];
    });
    return records.length === ids.length ? records : undefined;
  }

  level(): SpoolLevel {
    const oldest = this.#rows.get(Math.min(...this.#rows.keys()));
    return { records: this.#rows.size, bytes: this.#bytes, oldest: oldest?.keptAt };
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      for (const id of this.#incoming.keys()) this.#delete(id);
      if (this.#disk.fault === undefined) this.#write();
      this.#sync();
    }
    return Promise.resolve();
  }

  #waiting(): [number, Row][] {
    return [...this.#rows]
      .filter(([, row]) => row.refused === undefined)
      .sort(([one], [other]) => one - other);
  }

  #delete(id: number): void {
    const row = this.#rows.get(id);
    if (row === undefined) return;
    this.#rows.delete(id);
    this.#bytes -= spoolBytes(row.record);
    this.#changed.add(id);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#options.synced(() => this.#sync());
  }

  #sync(): void {
    this.#scheduled = false;
    const incoming = this.#incoming;
    const turnedAway = this.#turnedAway;
    this.#incoming = new Map();
    this.#turnedAway = new Map();
    const fault = this.#closed ? new Error('the spool is closed') : this.#disk.fault;
    if (fault) for (const id of incoming.keys()) this.#delete(id);
    else this.#write();
    const error = fault && spoolErrors.failed('memory', fault);
    for (const kept of incoming.values()) kept(error);
    for (const noted of this.#noted.splice(0)) noted();
    for (const kept of turnedAway.values()) kept(spoolErrors.full('memory', this.#options.maxBytes));
  }

  #write(): void {
    for (const id of this.#changed) {
      const row = this.#rows.get(id);
      if (row) this.#disk.rows.set(id, { ...row });
      else this.#disk.rows.delete(id);
    }
    this.#changed.clear();
    this.#disk.inDoubt.clear();
    for (const [key, batch] of this.#inDoubt) this.#disk.inDoubt.set(key, batch);
    for (const then of this.#removals.splice(0)) then();
  }
}
