/** Loaded where a spool is used only: Node 22 warns on stderr that its SQLite is experimental. */
export const sqlite = () => import('node:sqlite');

export type Sqlite = Awaited<ReturnType<typeof sqlite>>;

const busy = 5;
const readOnly = 8;
const corrupt = 11;
const notADatabase = 26;

export const isBusy = (thrown: unknown): boolean => resultCode(thrown) === busy;

export const isReadOnly = (thrown: unknown): boolean => resultCode(thrown) === readOnly;

/** The file's content is not what SQLite wrote. */
export const isDamage = (thrown: unknown): boolean => {
  const code = resultCode(thrown);
  return code === corrupt || code === notADatabase;
};

/** SQLite's primary result code; node:sqlite gives the extended one, which carries it in its low byte. */
function resultCode(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('errcode' in thrown)) return undefined;
  return typeof thrown.errcode === 'number' ? thrown.errcode & 0xff : undefined;
}
