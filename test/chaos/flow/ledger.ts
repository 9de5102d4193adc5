import type { Answer } from '../verdict/judge.ts';
import type { Report } from './messages.ts';

/** All that the flow processes of one run have told, written down outside of them: it outlives a killed one. */
export class Ledger {
  readonly answers: Answer[] = [];
  /** "LEVEL message" */
  readonly log: string[] = [];
  /** Pushes begun by processes that are no more. */
  #before = 0;
  #first = 0;
  #next = 0;
  /** Of the process that runs now. */
  pending = 0;
  /** Pushes acknowledged whose number is at least `from`. */
  #mark = { from: Infinity, acknowledged: 0 };

  /** How many pushes were begun, by all processes. */
  get sent(): number {
    return this.#before + this.#next - this.#first;
  }

  /** The number that no event has yet. */
  get next(): number {
    return this.#next;
  }

  /** @returns the first number for a new process: far beyond what the last one could begin without telling */
  begin(): number {
    this.#before = this.sent;
    this.#first = Math.ceil(this.#next / 100_000 + 0.5) * 100_000;
    if (this.#next === 0) this.#first = 0;
    this.#next = this.#first;
    this.pending = 0;
    return this.#first;
  }

  take({ next, pending, answers, log }: Report): void {
    this.#next = next;
    this.pending = pending;
    for (const answer of answers) {
      this.answers.push(answer);
      if (answer.failure === undefined && answer.n >= this.#mark.from) this.#mark.acknowledged++;
    }
    this.log.push(...log);
  }

  /** Begins to count the acknowledged among the pushes from now on. */
  mark(): void {
    this.#mark = { from: this.#next, acknowledged: 0 };
  }

  get acknowledgedSinceMark(): number {
    return this.#mark.acknowledged;
  }
}
