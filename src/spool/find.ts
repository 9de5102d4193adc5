import { deadLetterHeaders, type RecordHeaders } from '../model/record.ts';
import { unassigned } from '../model/spool.ts';
import { fileOf } from './sqlite/files.ts';
import { lookInto } from './status.ts';
import { isLocked } from './sqlite/lock.ts';
import { parsedHeaders, partsOfHeaders, timeInSql } from './sqlite/schema.ts';

/** A record that may be the one that is looked for. */
export interface SpooledRecord {
  readonly id: bigint;
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
}

export interface SearchedSpool {
  /** How many records the spool has. */
  readonly searched: number;
  /** Whether a flow, or `drain`, has the spool open. */
  readonly isOpen: boolean;
}

/**
 * Rows that are read at a time. The file is closed while they are decoded, which may wait for a registry: as long as it is read,
 * the log of a running flow cannot go into it.
 */
const page = 100;
const beforeAll = -(2n ** 63n);

/**
 * The records of a spool that hold one of these bytes anywhere, and have this key, oldest first; and those whose value is
 * compressed, for nobody knows what that holds.
 * @param each false: no more is wanted
 * @throws KafkaError as `lookInto`
 */
export async function findInSpool(
  path: string,
  { bytes, key }: { readonly bytes: readonly Buffer[]; readonly key: Buffer | undefined },
  each: (record: SpooledRecord) => Promise<boolean>,
): Promise<SearchedSpool> {
  const held = [
    ...bytes.map(() => 'instr(value, ?) OR instr(key, ?) OR instr(CAST(headers AS BLOB), ?)'),
    `instr(headers, '${deadLetterHeaders.encoding}')`,
  ];
  const conditions = [
    'records.id > ?',
    ...(bytes.length === 0 ? [] : [`(${held.join(' OR ')})`]),
    ...(key === undefined ? [] : ['key = ?']),
  ];
  const values = [...bytes.flatMap((one) => [one, one, one]), ...(key === undefined ? [] : [key])];
  const pageAfter = (id: bigint) =>
    lookInto(path, (database) => {
      const rows = database.prepare(
        `${rowsQuery} WHERE ${conditions.join(' AND ')} ORDER BY records.id LIMIT ${page}`,
      );
      // A damaged row may have numbers that JavaScript does not.
      rows.setReadBigInts(true);
      return rows.all(id, ...values).map(recordOf);
    });
  const searched =
    (await lookInto(path, (database) =>
      Number(database.prepare('SELECT count(*) AS records FROM records').get()?.records),
    )) ?? 0;
  let found: readonly SpooledRecord[] = [];
  let isWanted = true;
  do {
    found = (await pageAfter(found.at(-1)?.id ?? beforeAll)) ?? [];
    for (const record of found) {
      isWanted = await each(record);
      if (!isWanted) break;
    }
  } while (isWanted && found.length === page);
  return { searched, isOpen: await isLocked(fileOf(path)) };
}

/** How many older records of its partition wait. @throws KafkaError as `lookInto` */
export async function waitingAhead(path: string, { id }: SpooledRecord): Promise<number> {
  const row = await lookInto(path, (database) => database.prepare(aheadQuery).get(id));
  return Number(row?.ahead ?? 0);
}

const rowsQuery = `
  SELECT records.id AS id, ifnull(topics.name, '?') AS name, partition, ${timeInSql('kept_at')} AS kept_at,
    ${timeInSql('timestamp')} AS timestamp, key, headers, value, refused
  FROM records LEFT JOIN topics ON topics.id = records.topic`;

const aheadQuery = `
  SELECT count(*) AS ahead FROM records AS older JOIN records AS this USING (topic, partition)
  WHERE this.id = ? AND older.id < this.id AND older.refused IS NULL`;

function recordOf(row: Readonly<Record<string, unknown>>): SpooledRecord {
  const partition = Number(row.partition);
  const { json, keyIsNull, valueIsNull } = partsOfHeaders(String(row.headers));
  return {
    id: BigInt(String(row.id)),
    topic: String(row.name),
    partition: partition === unassigned ? undefined : partition,
    keptAt: new Date(Number(row.kept_at)),
    timestamp: Number(row.timestamp),
    key: keyIsNull ? null : bytesOf(row.key),
    value: valueIsNull ? null : bytesOf(row.value),
    headers: headersOf(json),
    refused: typeof row.refused === 'string' ? row.refused : undefined,
  };
}

const bytesOf = (value: unknown): Buffer | null => (value instanceof Uint8Array ? Buffer.from(value) : null);

/** A damaged row may hold anything. */
function headersOf(json: string): RecordHeaders {
  try {
    return parsedHeaders(json);
  } catch {
    return {};
  }
}
