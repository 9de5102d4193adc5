import type { Command } from '../command.ts';
import { drainSpool, spoolStatus, type DrainResult } from '../delivery/drain-spool.ts';
import { configuredDestination } from '../flow/configured.ts';
import { grouped, progressBar, type Terminal } from '../terminal.ts';
import { printable, printableJson } from '../../model/foreign.ts';
import type { SpoolStatus } from '../../spool/status.ts';

export const spoolStatusCommand: Command = {
  name: 'spool status',
  summary: 'Says what waits in the spool, also while a flow runs.',
  places: ['<flow.json>'],
  options: {
    destination: { value: '<id>', help: 'Which destination of the flow.' },
    json: { help: 'One JSON object instead of lines.' },
  },
  notes: [
    'It reads the file without owning it. Exit code 1 where the broker refuses records that the spool keeps.',
  ],
  examples: [
    { line: 'spool status flow.json', what: 'How much, and since when' },
    { line: 'spool status flow.json --json | jq .records', what: 'For a monitor' },
  ],
  async run(words, terminal) {
    const configured = await configuredDestination(
      words.at(0),
      words.text('destination'),
      terminal.environment,
    );
    const status = await spoolStatus(configured);
    await terminal.print(
      words.has('json') ? printableJson(JSON.stringify(status)) : linesOf(status, Date.now()).join('\n'),
    );
    return status.refused > 0 ? 1 : 0;
  },
};

export function linesOf(status: SpoolStatus, now: number): string[] {
  const { path, records, refused, bytes, fileBytes, topics } = status;
  const rows = topics.map((topic) => {
    const since = topic.oldest === undefined ? '' : `, the oldest for ${ageOf(now - topic.oldest.getTime())}`;
    return `  ${topic.topic}: ${countOf(topic.records)} (${sizeOf(topic.bytes)})${since}`;
  });
  const refusals = topics.flatMap((topic) =>
    topic.refusals.map(
      ({ error, records: count }) => `  refused: ${grouped(count)} for ${topic.topic}: ${printable(error)}`,
    ),
  );
  const head = `${path}: ${countOf(records)} (${sizeOf(bytes)}; ${sizeOf(fileBytes)} on the disk)`;
  return [refused > 0 ? `${head}, ${grouped(refused)} refused` : head, ...rows, ...refusals];
}

function countOf(records: number): string {
  return records === 1 ? '1 record waits' : `${grouped(records)} records wait`;
}

function sizeOf(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function ageOf(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}

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
