import { isNamed } from '../model/foreign.ts';
import type { RecordHeaders } from '../model/record.ts';
import { unassigned } from '../model/spool.ts';
import { fileOf } from './sqlite/files.ts';
import { lookInto } from './status.ts';
import { isLocked } from './sqlite/lock.ts';
import { timeInSql } from './sqlite/schema.ts';

/** A record that was found in a spool. */
export interface SpooledRecord {
  readonly topic: string;
  /** Undefined while its topic's metadata is not known. */
  readonly partition: number | undefined;
  readonly keptAt: Date;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
  /** Why the broker refused it; undefined: it waits. */
  readonly refused: string | undefined;
  /** How many older records of its partition wait. */
  readonly ahead: number;
}

export interface FoundInSpool {
  /** How many records the spool has. */
  readonly searched: number;
  readonly found: readonly SpooledRecord[];
  /** Whether a flow, or `drain`, has the spool open. */
  readonly isOpen: boolean;
}

/**
 * The records of a spool that hold one of these bytes anywhere, and have this key.
 * @param limit ends after so many
 * @throws KafkaError as `lookInto`
 */
export async function findInSpool(
  path: string,
  {
    bytes,
    key,
    limit,
  }: { readonly bytes: readonly Buffer[]; readonly key: Buffer | undefined; readonly limit: number },
): Promise<FoundInSpool> {
  const held = bytes
    .map(() => '(instr(value, ?) OR instr(key, ?) OR instr(CAST(headers AS BLOB), ?))')
    .join(' OR ');
  const conditions = [...(held === '' ? [] : [`(${held})`]), ...(key === undefined ? [] : ['key = ?'])];
  const values = [...bytes.flatMap((one) => [one, one, one]), ...(key === undefined ? [] : [key])];
  const result = await lookInto(path, (database) => {
    const rows = database.prepare(
      `${rowsQuery} WHERE ${conditions.join(' AND ')} ORDER BY records.id LIMIT ?`,
    );
    // A damaged row may have numbers that JavaScript does not.
    rows.setReadBigInts(true);
    const { records } = database.prepare('SELECT count(*) AS records FROM records').get() ?? {};
    return { searched: Number(records), found: rows.all(...values, limit).map(recordOf) };
  });
  return { searched: 0, found: [], ...result, isOpen: await isLocked(fileOf(path)) };
}

const rowsQuery = `
  SELECT ifnull(topics.name, '?') AS name, records.partition, ${timeInSql('kept_at')} AS kept_at,
    ${timeInSql('timestamp')} AS timestamp, key, headers, value, refused,
    (SELECT count(*) FROM records AS older WHERE older.topic = records.topic AND older.partition = records.partition
      AND older.id < records.id AND older.refused IS NULL) AS ahead
  FROM records LEFT JOIN topics ON topics.id = records.topic`;

function recordOf(row: Readonly<Record<string, unknown>>): SpooledRecord {
  const partition = Number(row.partition);
  return {
    topic: String(row.name),
    partition: partition === unassigned ? undefined : partition,
    keptAt: new Date(Number(row.kept_at)),
    timestamp: Number(row.timestamp),
    key: bytesOf(row.key),
    value: bytesOf(row.value),
    headers: headersOf(row.headers),
    refused: typeof row.refused === 'string' ? row.refused : undefined,
    ahead: Number(row.ahead),
  };
}

const bytesOf = (value: unknown): Buffer | null => (value instanceof Uint8Array ? Buffer.from(value) : null);

/** A damaged row may hold anything. */
function headersOf(text: unknown): RecordHeaders {
  try {
    const headers: unknown = JSON.parse(String(text));
    return isNamed(headers)
      ? Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
      : {};
  } catch {
    return {};
  }
}
