/** What `PRAGMA user_version` says of a file of this layout. */
export const schemaVersion = 1;

/** What `PRAGMA application_id` says of it: "wksp". */
export const applicationId = 0x77_6b_73_70;

/** Ids that JavaScript counts exactly; new ones have room above. */
export const highestId = 2 ** 52;
/** What a JavaScript date can be, in milliseconds. */
export const latestTime = 8.64e15;

/**
 * One row for each partition with a batch in doubt. `ids` are the ids of its records in their order, as text: the first, and then
 * the difference to the one before. `checksum` is one of their times and lengths. A version that does not know the table ignores
 * it, and sends the records under a sequence of its own.
 */
export const inDoubtTable = `
  CREATE TABLE IF NOT EXISTS in_doubt (
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    producer_id INTEGER NOT NULL,
    producer_epoch INTEGER NOT NULL,
    first_sequence INTEGER NOT NULL,
    noted_at INTEGER NOT NULL,
    ids TEXT NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)
  ) STRICT;
`;

export const indexOfPlaces = 'CREATE INDEX place ON records (topic, partition)';

/** Times in milliseconds since the epoch; headers are JSON (`headersText`); `refused` is why the broker will not have the record. */
export const schema = `
  CREATE TABLE topics (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE records (
    id INTEGER PRIMARY KEY,
    topic INTEGER NOT NULL,
    partition INTEGER NOT NULL,
    refused TEXT,
    kept_at INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    key BLOB NOT NULL,
    headers TEXT NOT NULL,
    value BLOB NOT NULL
  ) STRICT;
  ${indexOfPlaces};
  ${inDoubtTable}
`;

/** Bytes as `spoolBytes` counts them. */
export const sizeInSql = (overhead: number): string =>
  `length(key) + length(value) + octet_length(headers) + ${overhead}`;

/** A time that a damaged row has is none that JavaScript can name. */
export const timeInSql = (column: string): string => `max(0, min(${column}, ${latestTime}))`;
