import type { CheckName, Finding, NotChecked } from './finding.ts';

/** Collects what a diagnosis finds, and passes each finding on as it comes. */
export class Report {
  readonly findings: Finding[] = [];
  readonly notChecked: NotChecked[] = [];
  #stopped = false;
  readonly #onFinding: (finding: Finding) => void;

  constructor(onFinding: (finding: Finding) => void = () => undefined) {
    this.#onFinding = onFinding;
  }

  add(finding: Finding): void {
    this.findings.push(finding);
    this.#onFinding(finding);
  }

  skip(notChecked: NotChecked): void {
    this.notChecked.push(notChecked);
  }

  /** Somebody wanted no more of it before this check was over. */
  stop(name: CheckName): void {
    this.#stopped = true;
    this.skip({ name, reason: 'stopped' });
  }

  /** Nothing failed, and nothing was left out for haste. */
  get well(): boolean {
    return !this.failed && !this.#stopped;
  }

  get failed(): boolean {
    return this.findings.some(({ status }) => status === 'failure');
  }
}
