import { Producer } from '../../../src/producer/producer.ts';
import type { ProducerSettings } from '../../../src/producer/ports.ts';
import { MemoryDisk, MemorySpool } from '../../support/memory-spool.ts';
import { createLog } from '../../../src/telemetry/log.ts';
import { createMemoryCluster, type MemoryClusterOptions } from '../../support/memory-cluster.ts';
import type { Notice } from '../../../src/model/notice.ts';
import type { PartitionBatch } from '../../../src/model/partition.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { defaults, keyOf, record, watch } from './harness.ts';

const day = 86_400_000;

interface Setting extends Partial<Omit<ProducerSettings, 'spool'>> {
  readonly always?: boolean;
  /** Since the first process started. Milliseconds. */
  readonly at?: number;
}

/** Processes that follow each other, on one disk and one cluster. */
export class Machine {
  readonly disk: MemoryDisk;
  readonly cluster: ReturnType<typeof createMemoryCluster>;
  /** Batches as they were sent, by all processes: values, producer id and first sequence. */
  readonly sent: { readonly values: string[]; readonly id: bigint | undefined; readonly first: number }[] =
    [];
  readonly log: string[] = [];
  /** What `walkeros.kafka.maybe_doubled.messages` would count. */
  doubled = 0;
  /** The disk does not answer any more. */
  hangs = false;

  constructor(clusterOptions: MemoryClusterOptions = {}, disk = new MemoryDisk()) {
    this.disk = disk;
    this.cluster = createMemoryCluster({
      topics: { events: 6 },
      ...clusterOptions,
      onProduce: (batches) => {
        for (const { records, sequence } of batches)
          this.sent.push({
            values: valuesOf(records),
            id: sequence?.producerId,
            first: sequence?.firstSequence ?? -1,
          });
        return clusterOptions.onProduce?.(batches);
      },
    });
  }

  start({ always = true, at = 0, ...settings }: Setting = {}) {
    const clock = new FakeClock();
    const notices: Notice[] = [];
    const write = (level: string) => (line: string) => void this.log.push(`${level} ${line}`);
    const log = createLog(
      { error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug') },
      { now: () => clock.now(), after: () => undefined },
    );
    let dead = false;
    const synced = (task: () => void) => clock.after(5, () => dead || this.hangs || task());
    const file = new MemorySpool({ disk: this.disk, maxBytes: 100_000_000, synced });
    const client = this.cluster.client();
    const producer = new Producer(
      {
        metadata: (topic) => client.metadata(topic),
        produce: (batches) => client.produce(batches),
        initProducerId: () => client.initProducerId(),
      },
      { ...defaults, idempotent: true, ...settings, spool: { file, always } },
      {
        clock,
        random: () => 0.5,
        date: () => new Date(at + clock.now()),
        notify: (notice) => {
          notices.push(notice);
          log(notice);
          if (notice.kind === 'may-be-doubled') this.doubled += notice.records;
        },
      },
    );
    return {
      clock,
      notices,
      producer,
      /** Pushes records into one of the six partitions. */
      push: (partition: number, ...values: string[]) =>
        watch(values.map((value) => producer.send(record(value, { key: keyOf(partition) })))),
      /** The process is over, and its clock stands still. */
      kill() {
        dead = true;
      },
      async close() {
        await Promise.all([producer.close(1_000), clock.advance(3_000)]);
        await file.close();
        dead = true;
      },
    };
  }

  /** What the topic has, by partition and offset. */
  stored(topic = 'events'): string[] {
    return valuesOf(this.cluster.records(topic));
  }

  /** Lines about batches in doubt. */
  told(): string[] {
    return this.log.filter((line) => line.includes('in flight when') || line.includes('stored twice.'));
  }
}

const valuesOf = (records: PartitionBatch['records']): string[] => records.map(({ value }) => String(value));

export const longerThanADay = day + 1;

const recordsText = (records: number): string => (records === 1 ? '1 record' : `${records} records`);

export const restored = (partition: number, records: number, topic = 'events'): string =>
  `info Kafka topic "${topic}", partition ${partition}: a batch of ${recordsText(records)} was in flight when the last process ended. ` +
  'It is sent again under its old sequence, so that none of them is stored twice.';

export const mayBeDoubled = (partition: number, records: number, topic = 'events'): string =>
  `warn Kafka topic "${topic}", partition ${partition}: ${recordsText(records)} may be stored twice. Nobody knows whether the ` +
  'first request stored what it carried, and the broker cannot recognise it any more.';
