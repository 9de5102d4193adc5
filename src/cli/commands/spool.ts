import { printable } from '../../model/foreign.ts';
import type { SpoolStatus } from '../../spool/status.ts';
import type { Command } from '../command.ts';
import { drainSpool, spoolStatus, type DrainResult } from '../delivery/drain-spool.ts';
import { configuredDestination, destinationOption, flowRequest } from '../flow/configured.ts';
import { counted, grouped, jsonLine, progressBar, type Terminal } from '../terminal.ts';

export const spoolStatusCommand: Command = {
  name: 'spool status',
  summary: 'Says what waits in the spool, also while a flow runs.',
  positionals: ['<flow.json>'],
  options: {
    destination: destinationOption,
    json: { help: 'One JSON object instead of lines.' },
  },
  notes: [
    'It reads the file without owning it. Exit code 1 where the broker refuses records that the spool keeps.',
  ],
  examples: {
    'spool status flow.json': 'How much, and since when',
    'spool status flow.json --json | jq .records': 'For a monitor',
  },
  async run(words, terminal, login) {
    const status = await spoolStatus(await configuredDestination(flowRequest(words, terminal, login)));
    await terminal.print(words.has('json') ? jsonLine(status) : statusText(status, Date.now()));
    return status.refused > 0 ? 1 : 0;
  },
};

export const spoolDrainCommand: Command = {
  name: 'spool drain',
  summary: 'Delivers all that waits in the spool, and ends.',
  positionals: ['<flow.json>'],
  options: {
    destination: destinationOption,
    'dry-run': { help: 'Only says what would be delivered.' },
    json: { help: 'The result as one JSON object.' },
  },
  notes: [
    'For a flow that will not start again; one that does delivers its spool by itself. While a flow has the spool, drain refuses.',
    'A record leaves the spool once it is acknowledged: end it when you like, even kill it, and run it again.',
  ],
  examples: {
    'spool drain flow.json --dry-run': 'How much there is',
    'spool drain flow.json': 'Before the machine is given up',
  },
  async run(words, terminal, login) {
    const configured = await configuredDestination(flowRequest(words, terminal, login));
    const asJson = words.has('json');
    if (words.has('dry-run')) {
      const status = await spoolStatus(configured);
      await terminal.print(asJson ? jsonLine(status) : statusText(status, Date.now()));
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
    await terminal.print(asJson ? jsonLine(result) : summaryOf(result));
    return result.left + result.refused + result.deadLettered > 0 ? 1 : 0;
  },
};

function statusText(status: SpoolStatus, now: number): string {
  const { path, records, refused, bytes, fileBytes, topics } = status;
  const head = `${path}: ${waiting(records)} (${sizeOf(bytes)}; ${sizeOf(fileBytes)} on the disk)`;
  return [
    refused > 0 ? `${head}, ${grouped(refused)} refused` : head,
    ...topics.map((topic) => {
      const age = topic.oldest && `, the oldest for ${ageOf(now - topic.oldest.getTime())}`;
      return `  ${topic.topic}: ${waiting(topic.records)} (${sizeOf(topic.bytes)})${age ?? ''}`;
    }),
    ...topics.flatMap(({ topic, refusals }) =>
      refusals.map(
        ({ error, records }) => `  refused: ${grouped(records)} for ${topic}: ${printable(error)}`,
      ),
    ),
  ].join('\n');
}

function waiting(records: number): string {
  return `${counted(records, 'record')} ${records === 1 ? 'waits' : 'wait'}`;
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

/** The lines of the producer's log that an operator should see. */
function loggerOf(terminal: Terminal) {
  const note = (line: string): void => terminal.note(line);
  const silent = (): void => undefined;
  return { error: note, warn: note, info: silent, debug: silent };
}

function summaryOf({ delivered, deadLettered, left, refused }: DrainResult): string {
  const count = (records: number, what: string): string[] =>
    records > 0 ? [`${grouped(records)} ${what}`] : [];
  return [
    `${counted(delivered, 'record')} delivered`,
    ...count(deadLettered, 'refused by the broker, to the dead-letter topic: "dead-letters list" says why'),
    ...count(left, 'left: run this again to go on'),
    ...count(refused, 'refused by the broker, and kept: "spool status" says why'),
  ].join('\n');
}
