import { setTimeout as sleep } from 'node:timers/promises';
import { Resend, type ResendPorts, type ResendRequest } from '../../../../src/cli/dead-letters/resend.ts';
import { KafkaError } from '../../../../src/model/errors.ts';
import type { StoredRecord } from '../../../../src/model/record.ts';
import type { CommittedOffset, OffsetStore } from '../../../../src/transport/port.ts';

export type Send = ResendPorts['send'];

export const stored = (
  offset: number,
  headers: readonly (readonly [string, string | Buffer | null])[] = [],
  { partition = 0, topic = 'orders' } = {},
): StoredRecord => ({
  topic: 'dead',
  partition,
  offset: BigInt(offset),
  timestamp: 1_700_000_000_000,
  key: Buffer.from('k'),
  value: Buffer.from(`${partition}/${offset}`),
  headers: [['walkeros-dead-letter-topic', topic] as const, ...headers].map(([name, value]) => [
    name,
    value === null ? null : Buffer.from(value),
  ]),
});

export const many = (count: number, topic?: string, partition = 0): StoredRecord[] =>
  Array.from({ length: count }, (_, offset) => stored(offset, [], { partition, ...(topic && { topic }) }));

/** @param latency of each question to it, in ms */
export function cluster(partitions: readonly (readonly StoredRecord[])[], latency = 0) {
  const kept = new Map<number, CommittedOffset>();
  const reader: ResendPorts['reader'] = {
    async offsets(_topic, at) {
      await sleep(latency);
      return new Map(
        partitions.map((records, partition) => [partition, at === 'first' ? 0n : BigInt(records.length)]),
      );
    },
    async *read(_topic, from) {
      for (const [partition, first] of from) {
        const records = partitions[partition]?.filter(({ offset }) => offset >= first) ?? [];
        for (let at = 0; at < records.length; at += 1_000) {
          await sleep(latency);
          yield { records: records.slice(at, at + 1_000) };
        }
      }
    },
  };
  const offsetStore: OffsetStore = {
    async fetch() {
      await sleep(latency);
      return new Map(kept);
    },
    async commit(_group, _topic, offsets) {
      await sleep(latency);
      for (const [partition, committedOffset] of offsets) kept.set(partition, committedOffset);
    },
  };
  return { reader, offsetStore, kept };
}

export const request: ResendRequest = {
  topic: 'dead',
  filter: {},
  closed: () => undefined,
  batch: 2,
  limit: Infinity,
  dryRun: false,
  signal: new AbortController().signal,
  onProgress: () => undefined,
  onLeft: () => undefined,
  onOther: () => undefined,
};

export const timing = { grace: 50, heartbeat: 10, looks: 20, lookEvery: 10 };
const finish: ResendPorts['finish'] = (_letter, record) => Promise.resolve(record);

export const resending = (ports: Omit<ResendPorts, 'finish'>, more: Partial<ResendRequest> = {}) =>
  new Resend({ ...request, ...more }, { finish, ...ports }, timing);

/** Counts what it takes, for all runs together. */
export function taker(latency = 0) {
  const times = new Map<string, number>();
  const send: Send = async (records) => {
    await sleep(latency);
    for (const { value } of records) times.set(String(value), (times.get(String(value)) ?? 0) + 1);
    return records.map(() => undefined);
  };
  return { send, times, twice: () => [...times.values()].filter((count) => count > 1).length };
}

export const outcomeOf = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => 'done',
    (thrown: unknown) => (thrown instanceof KafkaError ? thrown.code : String(thrown)),
  );
