import type { Command } from '../command.ts';
import type { DeadLetter } from '../dead-letters/dead-letter.ts';
import { resendDeadLetters, type ResendResult } from '../dead-letters/resend.ts';
import { configuredDestination, flowRequest } from '../flow/configured.ts';
import { counted, grouped, jsonLine, progressBar, type Terminal } from '../terminal.ts';
import type { ErrorCode } from '../../model/errors.ts';
import { printable } from '../../model/foreign.ts';
import { deadLetterFilter, deadLetterOptions } from './dead-letters-list.ts';

/** So many that stay, of one topic and cause, are named one by one. */
const namedOnes = 3;

export const deadLettersResend: Command = {
  name: 'dead-letters resend',
  summary: 'Sends them to the topics that refused them.',
  positionals: ['<flow.json>'],
  options: {
    ...deadLetterOptions,
    'dry-run': { help: 'Only counts what would be sent.' },
    limit: { value: '<n>', help: 'Ends after so many.' },
    batch: { value: '<n>', help: 'So many are sent, and then remembered, together. Default 500.' },
    json: { help: 'The result as one JSON object.' },
  },
  notes: [
    'Only to topics that the flow file writes events to: a letter for another one stays, unless --topic names it.',
    'Key, value, timestamp and headers are those of the refused record; the headers that told why are gone. A value that was',
    'refused for its schema is written by the schema of now. What was sent is remembered in the cluster (consumer group',
    'walkeros-kafka-resend.<topic>): a run that was ended, even killed, is taken up where it was, and sends at most its last',
    'batch twice. A record that is refused again stays, and the next run tries it again. Ctrl-C ends it after the batch under way.',
  ],
  examples: {
    'dead-letters resend flow.json --dry-run': 'How many, and where they would go',
    'dead-letters resend flow.json --code MESSAGE_TOO_LARGE': 'After the limit of the topic was raised',
  },
  async run(words, terminal, login) {
    const configured = await configuredDestination(flowRequest(words, terminal, login));
    const dryRun = words.has('dry-run');
    const staying = new Staying(terminal);
    const result = await resendDeadLetters(configured, {
      filter: deadLetterFilter(words),
      batch: words.count('batch') ?? 500,
      limit: words.count('limit') ?? Infinity,
      dryRun,
      signal: terminal.stop,
      onProgress: (done, all) =>
        terminal.progress(progressBar(done, all, dryRun ? 'counting' : 're-sending')),
      onLeft: (deadLetter, reason, code) => staying.add(deadLetter, reason, code),
      onOther: (ms) =>
        terminal.note(
          `another resend is at work, or was killed: it takes up to ${ms / 1_000} s to find out which`,
        ),
    });
    terminal.progress(undefined);
    staying.sumUp();
    await terminal.print(words.has('json') ? jsonOf(result, dryRun) : summaryOf(result, dryRun));
    return result.left > 0 || (result.stopped && terminal.stop.aborted) ? 1 : 0;
  },
};

/** Names the first dead letters of a topic that stay for the same cause, and counts the others. */
class Staying {
  readonly #terminal: Terminal;
  /** How many, by topic and cause. */
  readonly #counts = new Map<string, number>();

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** @param code groups reasons that differ only in sizes or fields */
  add(deadLetter: DeadLetter, reason: string, code: ErrorCode | undefined): void {
    const what = `for "${deadLetter.topic}" (${code ?? reason})`;
    const count = (this.#counts.get(what) ?? 0) + 1;
    this.#counts.set(what, count);
    if (count <= namedOnes) this.#terminal.note(printable(`stays: ${nameOf(deadLetter)}: ${reason}`));
  }

  sumUp(): void {
    for (const [what, count] of this.#counts)
      if (count > namedOnes)
        this.#terminal.note(printable(`stay: ${grouped(count - namedOnes)} more ${what}`));
  }
}

function nameOf({ stored: { partition, offset }, topic }: DeadLetter): string {
  return `the letter ${partition}/${offset} for "${topic}"`;
}

function jsonOf({ sent, left, stopped }: ResendResult, dryRun: boolean): string {
  return jsonLine({ dryRun, sent: Object.fromEntries(sent), left, stopped });
}

function summaryOf({ sent, left, stopped }: ResendResult, dryRun: boolean): string {
  const verb = dryRun ? 'would be re-sent' : 're-sent';
  const total = [...sent.values()].reduce((sum, count) => sum + count, 0);
  return [
    ...[...sent].map(([topic, count]) => `${grouped(count)} to "${printable(topic)}"`),
    `${counted(total, 'dead letter')} ${verb}`,
    ...(left > 0 ? [`${grouped(left)} stay: mend the cause, then run this again`] : []),
    ...(stopped ? ['stopped before the end: run this again to go on'] : []),
  ].join('\n');
}
