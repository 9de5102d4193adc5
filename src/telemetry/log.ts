import { printable } from '../model/foreign.ts';
import type { Notice, NoticeKind, NoticeOf, Notify } from '../model/notice.ts';
import { catalogue, type CatalogueEntry, type Level } from './catalogue.ts';

/** The part of walkerOS' logger that is used. Values go into the text: the walkerOS CLI drops log contexts. */
export type Logger = Readonly<Record<Level, (message: string) => void>>;

/** The same logger, whose lines are lost if its handler throws: there is nobody left to tell. */
export function carefulLogger(logger: Logger): Logger {
  const careful = (level: Level) => (message: string) => {
    try {
      logger[level](message);
    } catch {
      // See above.
    }
  };
  return { error: careful('error'), warn: careful('warn'), info: careful('info'), debug: careful('debug') };
}

/** The clock of the log and of the connection state. Milliseconds. */
export interface LogClock {
  /** From any fixed point. */
  now(): number;
  /** Runs `task` after `ms`; need not keep the process alive for it. */
  after(ms: number, task: () => void): void;
}

export const logClock: LogClock = {
  now: () => performance.now(),
  after: (ms, task) => void setTimeout(task, ms).unref(),
};

/** How many lines of one subject are written at once, and how often one more after those. Milliseconds. */
interface Rate {
  readonly burst: number;
  readonly interval: number;
}

/** One line a minute, with the count, is enough for the same again. */
const repetitions: Rate = { burst: 1, interval: 60_000 };
/**
 * A change, such as "answers again" after "no broker answers", is written at once: until then the log's last word would be
 * wrong. A state that changes every two seconds is written every fifteen.
 */
const changes: Rate = { burst: 4, interval: 15_000 };

/** So many subjects are told apart within a minute; further ones share one line a kind. */
const subjectLimit = 100;

export interface Log extends Notify {
  /** Writes the lines that are held back: at the end no timer runs any more. */
  flush(): void;
}

interface Subject {
  /** Each line takes up one interval: the end of the last one. */
  busyUntil: number;
  /** Notices since the last line, the newest included. */
  unwritten: number;
  /** Only the newest notice is written: an older one may be over. */
  newest: Line;
  state: string | undefined;
  /** A timer is set for the time when a line may be written. */
  waiting: boolean;
}

interface Line {
  readonly level: Level;
  readonly subject: string;
  /** The subject of those beyond the limit. */
  readonly shared: string;
  readonly rate: Rate;
  readonly count: number;
  /** The state of the subject from here on; undefined if the line tells of none. */
  readonly state: string | undefined;
  /** Called only for what is written: a fault may give a notice of every record. */
  readonly text: () => string;
}

/**
 * Turns notices into log lines that an operator can act on. Repetitions within a minute become one line at its end, with
 * their count; changes of a state that flaps become one line with the newest.
 */
export function createLog(logger: Logger, clock: LogClock): Log {
  const subjects = new Map<string, Subject>();

  function subjectOf(line: Line): Subject {
    const known = subjects.get(line.subject);
    if (known !== undefined) return known;
    if (subjects.size >= subjectLimit) {
      for (const [name, { busyUntil, unwritten }] of subjects)
        if (unwritten === 0 && busyUntil <= clock.now()) subjects.delete(name);
    }
    const key = subjects.size < subjectLimit ? line.subject : line.shared;
    const initial = { busyUntil: -Infinity, unwritten: 0, newest: line, state: undefined, waiting: false };
    const subject = subjects.get(key) ?? initial;
    subjects.set(key, subject);
    return subject;
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
    logger[level](printable(text()) + (count > 1 ? countText(count, rate) : ''));
  }

  const log = (notice: Notice): void => {
    const line = lineOf(notice.kind, notice);
    if (line === undefined) return;
    const subject = subjectOf(line);
    // Several may report the same change, such as all first pushes of a flow.
    if (line.state !== undefined && line.state === subject.state) return;
    subject.state = line.state;
    subject.newest = line;
    subject.unwritten += line.count;
    writeOrWait(subject);
  };
  const flush = (): void => {
    for (const subject of subjects.values()) if (subject.unwritten > 0) write(subject);
  };
  return Object.assign(log, { flush });
}

function countText(count: number, rate: Rate): string {
  return rate === changes
    ? ` (the latest of ${count} changes since the last line)`
    : ` (and ${count - 1} more like it since the last line)`;
}

function lineOf<Kind extends NoticeKind>(kind: Kind, notice: NoticeOf<Kind>): Line | undefined {
  const entry: CatalogueEntry<Kind> = catalogue[kind];
  if (entry.level === undefined) return undefined;
  const shared = entry.changes ?? kind;
  const subject = entry.subject?.(notice) ?? shared;
  return {
    level: entry.level,
    subject,
    shared,
    count: entry.count?.(notice) ?? 1,
    rate: entry.changes === undefined ? repetitions : changes,
    state: entry.changes === undefined ? undefined : `${kind} ${subject}`,
    text: () => entry.text(notice),
  };
}
