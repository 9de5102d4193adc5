import { randomBytes } from 'node:crypto';
import { access, constants, open, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { reasonOf } from '../../../model/errors.ts';
import { codeOf } from '../../../model/foreign.ts';
import { isOfDisk } from '../../../spool/sqlite/sqlite.ts';
import { failure, ok, warning, type Verdict } from '../report.ts';
import type { Spool, SpoolState, Target } from '../target.ts';
import { plural } from '../../../model/plural.ts';

/** Whether the spool can be written, has room to grow to its limit, and what waits in it. */
export async function spool({ spool, path, name }: Target): Promise<Verdict[] | string> {
  if (spool === undefined) return 'the settings have none';
  const folder = await existing(dirname(spool.path));
  try {
    await tryToWrite(folder);
    await Promise.all(spool.files.map(mayWrite));
  } catch (thrown) {
    if (isOfDisk(thrown)) return [full(spool, reasonOf(thrown))];
    return [
      failure(
        `The spool ${spool.path} cannot be written: ${reasonOf(thrown)}.`,
        `Give the user that runs the flow the right to write in ${folder} and to the files of the spool in it, or set ` +
          'settings.spool.path to another place.',
      ),
    ];
  }
  let state: SpoolState;
  try {
    state = (await spool.status()) ?? empty;
  } catch (thrown) {
    return [
      failure(
        reasonOf(thrown),
        'If it is the spool, leave it there: moved away, nothing in it is delivered. If it is another file, set ' +
          'settings.spool.path to another place.',
      ),
    ];
  }
  const verdicts = [
    filling(spool, state, path, name),
    await room(spool, folder, state),
    refused(state, path, name),
  ].filter((verdict) => verdict !== undefined);
  return verdicts.length > 0 ? verdicts : [ok(`${spool.path}: writable, ${contentOf(state)}`)];
}

const empty: SpoolState = { fileBytes: 0, bytes: 0, records: 0, refused: 0 };

/** The folder itself, or its nearest parent that exists: the rest is made with the spool. */
async function existing(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => undefined);
  const parent = dirname(folder);
  return found !== undefined || parent === folder ? folder : existing(parent);
}

/** As much as a few records take. */
const sampleBytes = 65_536;

/** Writes a file: rights alone do not show read-only mounts and quotas, and a full disk takes files with nothing in them. */
async function tryToWrite(folder: string): Promise<void> {
  const path = join(folder, `.walkeros-doctor-${randomBytes(4).toString('hex')}`);
  const file = await open(path, 'wx');
  try {
    await file.writeFile(Buffer.alloc(sampleBytes));
    await file.sync();
  } finally {
    await file.close();
    await rm(path);
  }
}

function full({ path }: Spool, reason: string): Verdict {
  return failure(
    `The disk of ${path} takes nothing more (${reason}): the spool keeps no record, and pushes fail while Kafka takes none.`,
    'Make room on it, or raise its quota.',
  );
}

/** Asks for the right alone: to open and close a file would free the lock that a flow of this process has on it. */
async function mayWrite(file: string): Promise<void> {
  try {
    await access(file, constants.R_OK | constants.W_OK);
  } catch (thrown) {
    if (codeOf(thrown) !== 'ENOENT') throw thrown;
  }
}

/** From this share of the limit on there may be no time for a second look. */
const nearlyFull = 0.8;
/** From this share on one more event may not fit. */
const fullShare = 0.99;

function filling(
  { path: file, maxBytes }: Spool,
  state: SpoolState,
  path: string,
  name: string,
): Verdict | undefined {
  const share = state.bytes / maxBytes;
  if (share < nearlyFull) return undefined;
  const what = `${Math.floor(share * 100)} % of settings.spool.maxBytes (${maxBytes})`;
  const fix =
    'See why Kafka takes nothing, and deliver it (a running flow does; without one: ' +
    `"walkeros-kafka spool drain ${path} --destination ${name}"), or raise settings.spool.maxBytes.`;
  return share < fullShare
    ? warning(`The spool ${file} has taken ${what}: new records are refused once it is full.`, fix)
    : failure(`The spool ${file} is full, with ${what}: new records are refused.`, fix);
}

async function room(spool: Spool, folder: string, state: SpoolState): Promise<Verdict | undefined> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const needed = Math.max(0, spool.maxBytes - state.fileBytes);
  if (free >= needed) return undefined;
  return warning(
    `The disk of ${spool.path} has ${megabytes(free)} MB free, and the spool may grow by ${megabytes(needed)} MB: it would fail before it is full.`,
    `Free some space, or lower settings.spool.maxBytes to ${free + state.fileBytes}.`,
  );
}

function refused(state: SpoolState, path: string, name: string): Verdict | undefined {
  if (state.refused === 0) return undefined;
  return warning(
    `The broker refuses ${state.refused} of the records in the spool: they stay there.`,
    `See why: "walkeros-kafka spool status ${path} --destination ${name}". They are tried again at each start.`,
  );
}

function contentOf(state: SpoolState): string {
  if (state.records === 0) return 'empty';
  return `${plural(state.records, 'record')} ${state.records === 1 ? 'waits' : 'wait'}`;
}

function megabytes(bytes: number): number {
  return Math.floor(bytes / 1_000_000);
}
