import type { NoticeKind, NoticeOf, Notify } from '../vocabulary/notice.ts';
import { catalogue, type CatalogueEntry, type Level } from './catalogue.ts';

/** The part of walkerOS' logger that is used. Values go into the text: the walkerOS CLI drops log contexts. */
export type Logger = Readonly<Record<Level, (message: string) => void>>;

/** Time as the log and the state of the connection see it. Milliseconds. */
export interface LogClock {
  /** From any fixed point. */
  now(): number;
  /** Runs `task` after `ms`; need not hold the process for it. */
  after(ms: number, task: () => void): void;
}

/** The process's own. Neither a line that waits for its minute to end nor a question to a lost cluster holds it. */
export const logClock: LogClock = {
  now: () => performance.now(),
  after: (ms, task) => void setTimeout(task, ms).unref(),
};

/** A line of the same kind about the same topic is written once in this many milliseconds; the rest are counted. */
const quietPeriod = 60_000;
/** So many subjects are told apart within that time; whatever comes beyond them shares one line a kind. */
const subjectLimit = 100;

interface Subject {
  writtenAt: number;
  /** Notices since, the one that a line is made of included. */
  unwritten: number;
}

/**
 * Turns notices into log lines that an operator can act on. Repetitions within a minute collapse into one line at its
 * end, with their count.
 */
export function createLog(logger: Logger, clock: LogClock): Notify {
  const subjects = new Map<string, Subject>();

  function subjectOf(name: string, kind: NoticeKind): Subject {
    const known = subjects.get(name);
    if (known !== undefined) return known;
    if (subjects.size >= subjectLimit) forgetOld();
    const key = subjects.size < subjectLimit ? name : kind;
    const subject = subjects.get(key) ?? { writtenAt: -Infinity, unwritten: 0 };
    subjects.set(key, subject);
    return subject;
  }

  function forgetOld(): void {
    for (const [name, { writtenAt }] of subjects) {
      if (clock.now() - writtenAt >= quietPeriod) subjects.delete(name);
    }
  }

  function write({ level, text }: Line, subject: Subject): void {
    const more =
      subject.unwritten > 1 ? ` (and ${subject.unwritten - 1} more like it since the last line)` : '';
    subject.writtenAt = clock.now();
    subject.unwritten = 0;
    logger[level](text() + more);
  }

  return (notice) => {
    const line = lineOf(notice.kind, notice);
    if (line === undefined) return;
    const subject = subjectOf(line.subject, notice.kind);
    const quietFor = quietPeriod - (clock.now() - subject.writtenAt);
    subject.unwritten++;
    if (quietFor <= 0) return write(line, subject);
    if (subject.unwritten > 1) return;
    clock.after(quietFor, () => {
      if (subject.unwritten > 0) write(line, subject);
    });
  };
}

interface Line {
  readonly level: Level;
  readonly subject: string;
  /** Put together only where it is written: a fault may give notice of every record. */
  readonly text: () => string;
}

function lineOf<Kind extends NoticeKind>(kind: Kind, notice: NoticeOf<Kind>): Line | undefined {
  const { line }: CatalogueEntry<Kind> = catalogue[kind];
  if (line === undefined) return undefined;
  return { level: line.level, subject: line.subject?.(notice) ?? kind, text: () => line.text(notice) };
}
