/** Loaded where a spool is used only: Node 22 warns on stderr that its SQLite is experimental. */
export const sqlite = () => import('node:sqlite');

export type Sqlite = Awaited<ReturnType<typeof sqlite>>;

const busy = 5;
const readOnly = 8;
const ioError = 10;
const corrupt = 11;
const full = 13;
const cannotOpen = 14;
const notADatabase = 26;
/** Beside damage: no such table, too big, a broken constraint, a value of another type. */
const contentCodes = new Set([1, corrupt, 18, 19, 20, notADatabase]);

export const isBusy = (thrown: unknown): boolean => resultCode(thrown) === busy;

export const isReadOnly = (thrown: unknown): boolean => resultCode(thrown) === readOnly;

/** SQLite says no more than that it cannot open it. */
export const isForbidden = (thrown: unknown): boolean => resultCode(thrown) === cannotOpen;

/** The file's content is not what SQLite wrote. */
export const isDamage = (thrown: unknown): boolean => {
  const code = resultCode(thrown);
  return code === corrupt || code === notADatabase;
};

/**
 * The cause is in the file, so that another try would meet the same. Not so a disk without room, missing rights,
 * another process.
 */
export const isOfContent = (thrown: unknown): boolean => {
  const code = resultCode(thrown);
  if (code !== undefined) return contentCodes.has(code);
  // Of Node itself, for a number that JavaScript does not have.
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_OUT_OF_RANGE';
};

/** Of Node's own calls; a limit on the size of files says EFBIG. */
const noRoomCodes = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO']);
/** SQLite's extended codes of a sync that failed. */
const syncErrors = new Set([1034, 1290]);

/** The disk takes no more, or takes it badly: what is there may still be read, and another try may find room. */
export const isOfDisk = (thrown: unknown): boolean => {
  const code = resultCode(thrown);
  if (code !== undefined) return code === ioError || code === full || code === cannotOpen;
  return thrown instanceof Error && 'code' in thrown && noRoomCodes.has(String(thrown.code));
};

export const isFailedSync = (thrown: unknown): boolean =>
  thrown instanceof Error && 'errcode' in thrown && syncErrors.has(Number(thrown.errcode));

/** SQLite's primary result code; node:sqlite gives the extended one, which carries it in its low byte. */
function resultCode(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('errcode' in thrown)) return undefined;
  return typeof thrown.errcode === 'number' ? thrown.errcode & 0xff : undefined;
}
