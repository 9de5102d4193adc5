import type { Finding, NotChecked } from './finding.ts';

/** Collects what a diagnosis finds, and passes each finding on as it comes. */
export class Report {
  readonly findings: Finding[] = [];
  readonly notChecked: NotChecked[] = [];
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

  get failed(): boolean {
    return this.findings.some(({ status }) => status === 'failure');
  }
}
