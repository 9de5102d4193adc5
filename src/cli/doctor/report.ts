import { KafkaError } from '../../model/errors.ts';

/** What is checked, in this order. */
export const checkNames = [
  'flow',
  'settings',
  'dns',
  'tcp',
  'tls',
  'sasl',
  'cluster',
  'topics',
  'letters',
  'keys',
  'registry',
  'spool',
  'clock',
  'answers',
  'timeouts',
  'heap',
] as const;

export type CheckName = (typeof checkNames)[number];

export interface Verdict {
  /** A warning works today and will hurt; a failure keeps events from being stored. */
  readonly status: 'ok' | 'warning' | 'failure';
  readonly message: string;
  /** What to type or to change. Always there unless the status is `ok`. */
  readonly fix?: string;
}

/** What a check finds, or a sentence if there is nothing to check: why not. */
export type Result = readonly Verdict[] | Verdict | string;

export interface Finding extends Verdict {
  readonly name: CheckName;
}

/** A check that was left out, and why: it needs one that failed, or the settings have no such thing. */
interface NotChecked {
  readonly name: CheckName;
  readonly reason: string;
}

export const ok = (message: string): Verdict => ({ status: 'ok', message });
export const warning = (message: string, fix: string): Verdict => ({ status: 'warning', message, fix });
export const failure = (message: string, fix: string): Verdict => ({ status: 'failure', message, fix });

/** What to do about an error that a check has no advice of its own on. */
export function fixUnforeseen(thrown: unknown): string {
  return thrown instanceof KafkaError
    ? `docs/troubleshooting.md has it under ${thrown.code}.`
    : 'Run it again. If it stays, it is a fault of the doctor: report it with this line.';
}

export class Report {
  readonly findings: Finding[] = [];
  readonly notChecked: NotChecked[] = [];
  #stopped = false;
  readonly #onFinding: (finding: Finding) => void;
  readonly #inWords: (text: string) => string;

  /** @param inWords names settings as those call them who read the findings */
  constructor(
    onFinding: (finding: Finding) => void = () => undefined,
    inWords: (text: string) => string = (text) => text,
  ) {
    this.#onFinding = onFinding;
    this.#inWords = inWords;
  }

  add(name: CheckName, ...verdicts: readonly Verdict[]): void {
    for (const { status, message, fix } of verdicts) {
      const told = { name, status, message: this.#inWords(message) };
      const finding = fix === undefined ? told : { ...told, fix: this.#inWords(fix) };
      this.findings.push(finding);
      this.#onFinding(finding);
    }
  }

  skip(name: CheckName, reason: string): void {
    this.notChecked.push({ name, reason });
  }

  /** The diagnosis was stopped before this check was over. */
  stop(name: CheckName): void {
    this.#stopped = true;
    this.skip(name, 'stopped');
  }

  /** Nothing failed, and no check was stopped. */
  get well(): boolean {
    return !this.failed && !this.#stopped;
  }

  get failed(): boolean {
    return this.findings.some(({ status }) => status === 'failure');
  }
}
