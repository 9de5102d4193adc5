import type { MemoryClusterOptions } from '../../support/memory-cluster.ts';
import type { ProducerSettings } from '../../../src/producer/ports.ts';
import { MemoryDisk, MemorySpool } from '../../support/memory-spool.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { setUp } from './harness.ts';

interface Setting extends Partial<ProducerSettings> {
  readonly always?: boolean;
  readonly maxBytes?: number;
  readonly disk?: MemoryDisk;
  /** Milliseconds. */
  readonly diskLatency?: number;
}

/** A process with a spool; another one on the same disk is its restart. */
export function start(
  {
    always = false,
    maxBytes = 1_000_000,
    disk = new MemoryDisk(),
    diskLatency = 5,
    ...settings
  }: Setting = {},
  cluster: MemoryClusterOptions = {},
) {
  const clock = new FakeClock();
  const synced = (task: () => void) => clock.after(diskLatency, task);
  const file = new MemorySpool({ disk, maxBytes, synced });
  const parts = setUp({ ...settings, spool: { file, always } }, cluster, clock);
  const stored = (topic = 'events') => parts.cluster.records(topic).map(({ value }) => String(value));
  const kept = () => [...disk.rows.values()].map(({ record }) => String(record.value));
  const kinds = () => parts.notices.map(({ kind }) => kind).filter((kind) => kind !== 'retrying');
  return { ...parts, disk, file, stored, kept, kinds };
}
