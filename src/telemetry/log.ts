import type { Notice, NoticeKind, NoticeOf, Notify } from '../model/notice.ts';
import { printable } from '../model/foreign.ts';
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

/** How many lines of one subject are written at once, and how often one more after those. Milliseconds. */
interface Rate {
  readonly burst: number;
  readonly interval: number;
}

/** The same again: one line a minute says it, with the count. */
const repetitions: Rate = { burst: 1, interval: 60_000 };
/**
 * A change, such as "answers again" after "no broker answers": it is told at once, or the log's last word would be wrong
 * until it is. What changes every two seconds is told every fifteen.
 */
const changes: Rate = { burst: 4, interval: 15_000 };

/** So many subjects are told apart within a minute; whatever comes beyond them shares one line a kind. */
const subjectLimit = 100;

/** Takes notices; callable as it is. */
export interface Log extends Notify {
  /** Writes what waits for its minute to end: for the end of all, when no timer will run any more. */
  flush(): void;
}

interface Subject {
  /** Each line takes up one interval: when the last of them is over. */
  busyUntil: number;
  /** Notices since the last line, the newest included. */
  unwritten: number;
  /** What is true now: an older one may be over. */
  newest: Line;
  /** That of the newest. */
  state: string | undefined;
  /** It is looked at again once it may be written. */
  waiting: boolean;
}

/**
 * Turns notices into log lines that an operator can act on. Repetitions within a minute collapse into one line at its
 * end, with their count; so do changes of a state that flaps, into the newest.
 */
export function createLog(logger: Logger, clock: LogClock): Log {
  const subjects = new Map<string, Subject>();

  function subjectOf(line: Line): Subject {
    const known = subjects.get(line.subject);
    if (known !== undefined) return known;
    if (subjects.size >= subjectLimit) forgetOld();
    const key = subjects.size < subjectLimit ? line.subject : line.shared;
    const subject = subjects.get(key) ?? newSubject(line);
    subjects.set(key, subject);
    return subject;
  }

  function forgetOld(): void {
    for (const [name, { busyUntil, unwritten }] of subjects) {
      if (unwritten === 0 && busyUntil <= clock.now()) subjects.delete(name);
    }
  }

  function writeOrWait(subject: Subject): void {
    const { burst, interval } = subject.newest.rate;
    const wait = subject.busyUntil - (burst - 1) * interval - clock.now();
    if (wait <= 0) return write(subject);
    if (subject.waiting) return;
    subject.waiting = true;
    clock.after(wait, () => {
      subject.waiting = false;
      // It may have been flushed meanwhile.
      if (subject.unwritten > 0) writeOrWait(subject);
    });
  }

  function write(subject: Subject): void {
    const { level, text, rate } = subject.newest;
    const count = subject.unwritten;
    subject.busyUntil = Math.max(subject.busyUntil, clock.now()) + rate.interval;
    subject.unwritten = 0;
    logger[level](printable(text()) + (count > 1 ? since(count, rate) : ''));
  }

  const log = (notice: Notice): void => {
    const line = lineOf(notice.kind, notice);
    if (line === undefined) return;
    const subject = subjectOf(line);
    // Told by each of those who saw it, such as all first pushes of a flow: it has changed once.
    if (line.state !== undefined && line.state === subject.state) return;
    subject.state = line.state;
    subject.newest = line;
    subject.unwritten++;
    writeOrWait(subject);
  };
  const flush = (): void => {
    for (const subject of subjects.values()) if (subject.unwritten > 0) write(subject);
  };
  return Object.assign(log, { flush });
}

function newSubject(newest: Line): Subject {
  return { busyUntil: -Infinity, unwritten: 0, newest, state: undefined, waiting: false };
}

function since(count: number, rate: Rate): string {
  return rate === changes
    ? ` (the latest of ${count} changes since the last line)`
    : ` (and ${count - 1} more like it since the last line)`;
}

interface Line {
  readonly level: Level;
  readonly subject: string;
  /** The subject of those for which there is no room of their own. */
  readonly shared: string;
  readonly rate: Rate;
  /** What the subject is in from here on; undefined where the line tells of no state. */
  readonly state: string | undefined;
  /** Put together only where it is written: a fault may give notice of every record. */
  readonly text: () => string;
}

function lineOf<Kind extends NoticeKind>(kind: Kind, notice: NoticeOf<Kind>): Line | undefined {
  const { line }: CatalogueEntry<Kind> = catalogue[kind];
  if (line === undefined) return undefined;
  const shared = line.changes ?? kind;
  const subject = line.subject?.(notice) ?? shared;
  return {
    level: line.level,
    subject,
    shared,
    ...(line.changes === undefined
      ? { rate: repetitions, state: undefined }
      : { rate: changes, state: `${kind} ${subject}` }),
    text: () => line.text(notice),
  };
}
