import { configuredDestination } from '../operations/configured.ts';
import { drainSpool, spoolStatus, type DrainResult } from '../operations/draining.ts';
import { printableJson } from '../../model/foreign.ts';
import type { Command } from '../command.ts';
import { grouped, progressBar } from '../progress-bar.ts';
import type { Terminal } from '../terminal.ts';
import { linesOf } from './spool-status.ts';

export const spoolDrainCommand: Command = {
  name: 'spool drain',
  summary: 'Delivers all that waits in the spool, and ends.',
  places: ['<flow.json>'],
  options: {
    destination: { value: '<id>', help: 'Which destination of the flow.' },
    'dry-run': { help: 'Only says what would be delivered.' },
    json: { help: 'The result as one JSON object.' },
  },
  notes: [
    'For a flow that will not start again; one that does delivers its spool by itself. While a flow has the spool, drain refuses.',
    'A record leaves the spool once it is acknowledged: end it when you like, even kill it, and run it again.',
  ],
  examples: [
    { line: 'spool drain flow.json --dry-run', what: 'How much there is' },
    { line: 'spool drain flow.json', what: 'Before the machine is given up' },
  ],
  async run(words, terminal) {
    const configured = await configuredDestination(
      words.at(0),
      words.text('destination'),
      terminal.environment,
    );
    const asJson = words.has('json');
    if (words.has('dry-run')) {
      const before = await spoolStatus(configured);
      await terminal.print(
        asJson ? printableJson(JSON.stringify(before)) : linesOf(before, Date.now()).join('\n'),
      );
      return 0;
    }
    const { spool } = configured.options;
    if (spool) terminal.note(`The spool is ${spool.path}.`);
    const result = await drainSpool(configured, {
      signal: terminal.stop,
      logger: loggerOf(terminal),
      onProgress: (done, all) => terminal.progress(progressBar(done, all, 'delivering')),
    });
    terminal.progress(undefined);
    await terminal.print(asJson ? printableJson(JSON.stringify(result)) : summaryOf(result));
    return result.left + result.refused + result.deadLettered > 0 ? 1 : 0;
  },
};

/** What an operator should see of the delivery's log. */
function loggerOf(terminal: Terminal) {
  const note = (line: string): void => terminal.note(line);
  const silent = (): void => undefined;
  return { error: note, warn: note, info: silent, debug: silent };
}

function summaryOf({ delivered, deadLettered, left, refused }: DrainResult): string {
  return [
    `${grouped(delivered)} ${delivered === 1 ? 'record' : 'records'} delivered`,
    ...(deadLettered > 0
      ? [
          `${grouped(deadLettered)} refused by the broker, to the dead-letter topic: "dead-letters list" says why`,
        ]
      : []),
    ...(left > 0 ? [`${grouped(left)} left: run this again to go on`] : []),
    ...(refused > 0 ? [`${grouped(refused)} refused by the broker, and kept: "spool status" says why`] : []),
  ].join('\n');
}
