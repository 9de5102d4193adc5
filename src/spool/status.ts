import { existsSync, statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { KafkaError } from '../model/errors.ts';
import { spoolErrors } from './errors.ts';
import { fileOf } from './sqlite/files.ts';
import { schemaVersion, sizeInSql, timeInSql } from './sqlite/schema.ts';
import { isSpool, look } from './sqlite/look.ts';
import { salvagedOf } from './sqlite/salvage.ts';
import { isBusy, isDamage } from './sqlite/sqlite.ts';

/** What a spool holds. Bytes as they count against `settings.spool.maxBytes`. */
export interface SpoolStatus {
  readonly path: string;
  /** Of the file and its log on the disk. */
  readonly fileBytes: number;
  /** Records that wait for the broker. */
  readonly records: number;
  /** Of all records, refused ones included. */
  readonly bytes: number;
  /** Records that the broker refused; they are tried again at the next start. */
  readonly refused: number;
  /** When the oldest that waits was kept. */
  readonly oldest: Date | undefined;
  readonly topics: readonly TopicStatus[];
}

export interface TopicStatus {
  readonly topic: string;
  readonly records: number;
  readonly bytes: number;
  readonly refused: number;
  readonly oldest: Date | undefined;
  /** Why the broker refused, most frequent first. */
  readonly refusals: readonly { readonly error: string; readonly records: number }[];
}

/** @throws KafkaError as `lookInto` */
export async function readSpool(path: string): Promise<SpoolStatus> {
  const topics = (await lookInto(path, topicsOf)) ?? [];
  const file = standing(path);
  return statusOf(path, sizeOf(file) + sizeOf(`${file}-wal`), topics);
}

/**
 * Looks into a spool without changing it, also while a flow is writing to it.
 * @returns undefined where whoever made the file came no further than that: it has no tables
 * @throws KafkaError SPOOL_UNAVAILABLE where there is no spool, a damaged one, or one of a newer version
 */
export async function lookInto<Found>(
  path: string,
  read: (database: DatabaseSync) => Found,
): Promise<Found | undefined> {
  mustExist(path);
  try {
    return await look(standing(path), (database) => {
      if (!isSpool(database)) throw spoolErrors.foreign(path);
      const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
      if (version > schemaVersion) throw spoolErrors.newer(path, version, schemaVersion);
      return version === 0 ? undefined : read(database);
    });
  } catch (thrown) {
    if (thrown instanceof KafkaError) throw thrown;
    if (isBusy(thrown)) throw spoolErrors.heldWithoutRoom(path, thrown);
    throw isDamage(thrown) ? spoolErrors.damaged(path, thrown) : spoolErrors.notOpened(path, thrown);
  }
}

/** The file itself, or what a salvage that was killed between two steps has saved of it. */
function standing(path: string): string {
  const file = fileOf(path);
  return existsSync(file) ? file : salvagedOf(file);
}

/** For those who must not make one. @throws KafkaError SPOOL_UNAVAILABLE */
export function mustExist(path: string): void {
  if (!existsSync(standing(path))) throw spoolErrors.missing(path);
  if (statSync(fileOf(path), { throwIfNoEntry: false })?.isDirectory()) throw spoolErrors.aFolder(path);
}

function topicsOf(database: DatabaseSync): TopicStatus[] {
  const refusals = database.prepare(refusalsQuery).all();
  return database
    .prepare(topicsQuery)
    .all()
    .map((row) => ({
      topic: String(row.topic),
      records: Number(row.records),
      bytes: Number(row.bytes),
      refused: Number(row.refused),
      oldest: row.oldest === null ? undefined : new Date(Number(row.oldest)),
      refusals: refusals
        .filter(({ topic }) => topic === row.topic)
        .map(({ error, records }) => ({ error: String(error), records: Number(records) })),
    }));
}

const topicsQuery = `
  SELECT ifnull(topics.name, '?') AS topic, count(*) - count(refused) AS records, count(refused) AS refused,
    sum(${sizeInSql}) AS bytes, min(iif(refused IS NULL, ${timeInSql('kept_at')}, NULL)) AS oldest
  FROM records LEFT JOIN topics ON topics.id = records.topic GROUP BY topics.name ORDER BY topics.name`;

const refusalsQuery = `
  SELECT ifnull(topics.name, '?') AS topic, refused AS error, count(*) AS records
  FROM records LEFT JOIN topics ON topics.id = records.topic WHERE refused IS NOT NULL
  GROUP BY topics.name, refused ORDER BY records DESC`;

function statusOf(path: string, fileBytes: number, topics: readonly TopicStatus[]): SpoolStatus {
  const sum = (field: 'records' | 'bytes' | 'refused') =>
    topics.reduce((total, topic) => total + topic[field], 0);
  const times = topics.flatMap(({ oldest }) => (oldest === undefined ? [] : [oldest.getTime()]));
  return {
    path,
    fileBytes,
    records: sum('records'),
    bytes: sum('bytes'),
    refused: sum('refused'),
    oldest: times.length > 0 ? new Date(Math.min(...times)) : undefined,
    topics,
  };
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
