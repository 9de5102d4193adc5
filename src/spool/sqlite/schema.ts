/** What `PRAGMA user_version` says of a file of this layout. */
export const schemaVersion = 1;

/** Times in milliseconds since the epoch; headers are JSON; `refused` is why the broker will not have the record. */
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
  CREATE INDEX place ON records (topic, partition);
`;

/** Bytes as `spoolBytes` counts them. */
export const sizeInSql = (overhead: number): string =>
  `length(key) + length(value) + octet_length(headers) + ${overhead}`;
