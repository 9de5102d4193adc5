import { configuredDestination } from '../operations/configured.ts';
import { spoolStatus, type SpoolStatus } from '../operations/draining.ts';
import { printable, printableJson } from '../../model/foreign.ts';
import type { Command } from '../command.ts';
import { grouped } from '../progress-bar.ts';

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
