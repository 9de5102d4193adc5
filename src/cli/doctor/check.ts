import type { CheckName, Verdict } from './finding.ts';
import type { Patient } from './patient.ts';

/** One thing to look at. Its file carries its name. */
export interface Check {
  readonly name: CheckName;
  /** Checks without whose success this one could only repeat what they say. */
  readonly needs: readonly CheckName[];
  /** @returns a sentence where there is nothing to look at: why not */
  readonly examine: (patient: Patient) => Promise<readonly Verdict[] | string>;
}
