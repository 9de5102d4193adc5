import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { apiText } from './docs/api.ts';
import { eventRows, minuteRows } from './docs/downstream.ts';
import { exampleFile } from './docs/example-file.ts';
import { examplesText } from './docs/examples.ts';
import { settingsTable, settingsText } from './docs/settings.ts';
import { avroText, protobufText } from './docs/schemas.ts';
import { alertsText, linesText, metricsText } from './docs/telemetry.ts';
import { treeText } from './docs/tree.ts';
import { typesText } from './docs/types.ts';
import { chaosTable, soakTable } from '../test/chaos/record/table.ts';

/**
 * Writes what the schemas, the worked examples and the tree on disk say into the documentation, between markers such as
 * `<!-- settings:start -->` and `<!-- settings:end -->`; all around them is written by hand.
 * With `--check` it writes nothing and fails when a file is out of date.
 */

interface Page {
  readonly file: string;
  /** Default: nothing is written by hand. */
  readonly marker?: string;
  readonly text: () => string;
}

export const pages: readonly Page[] = [
  // Before the API, which shows these types.
  { file: 'src/config/settings.ts', text: typesText },
  { file: 'README.md', marker: 'settings', text: settingsTable },
  { file: 'docs/settings.md', marker: 'settings', text: settingsText },
  { file: 'docs/telemetry.md', marker: 'metrics', text: metricsText },
  { file: 'docs/telemetry.md', marker: 'alerts', text: alertsText },
  { file: 'docs/telemetry.md', marker: 'lines', text: linesText },
  { file: 'docs/examples.md', marker: 'examples', text: examplesText },
  { file: 'docs/schemas.md', marker: 'avro', text: avroText },
  { file: 'docs/schemas.md', marker: 'protobuf', text: protobufText },
  { file: 'docs/schemas.md', marker: 'flink-avro', text: exampleFile('downstream/flink/avro-table.sql') },
  { file: 'docs/schemas.md', marker: 'flink-json', text: exampleFile('downstream/flink/json-table.sql') },
  { file: 'docs/schemas.md', marker: 'spark-avro', text: exampleFile('downstream/spark/events_avro.py') },
  { file: 'docs/schemas.md', marker: 'spark-json', text: exampleFile('downstream/spark/events_json.py') },
  { file: 'docs/downstream.md', marker: 'worker', text: exampleFile('downstream/connect/worker.properties') },
  { file: 'docs/downstream.md', marker: 'json', text: exampleFile('downstream/connect/json-to-file.json') },
  { file: 'docs/downstream.md', marker: 'avro', text: exampleFile('downstream/connect/avro-to-file.json') },
  {
    file: 'docs/downstream.md',
    marker: 'avro-settings',
    text: exampleFile('downstream/connect/avro-flow-settings.json'),
  },
  {
    file: 'docs/downstream.md',
    marker: 'flink',
    text: exampleFile('downstream/flink/events-per-minute.sql'),
  },
  { file: 'docs/downstream.md', marker: 'spark', text: exampleFile('downstream/spark/events_per_minute.py') },
  { file: 'docs/downstream.md', marker: 'event-rows', text: eventRows },
  { file: 'docs/downstream.md', marker: 'minute-rows', text: minuteRows },
  { file: 'docs/api.md', marker: 'api', text: apiText },
  { file: 'DESIGN.md', marker: 'tree', text: treeText },
  { file: 'docs/reliability.md', marker: 'chaos', text: chaosTable },
  { file: 'docs/reliability.md', marker: 'soak', text: soakTable },
];

const root = new URL('../', import.meta.url);

/** A file as it should be, and as it is. Undefined for a README that does not exist yet. */
async function render(
  file: string,
  itsPages: readonly Page[],
): Promise<{ is: string; shouldBe: string } | undefined> {
  const url = new URL(file, root);
  if (!existsSync(url)) return undefined;
  const is = readFileSync(url, 'utf8');
  const filepath = fileURLToPath(url);
  const text = itsPages.reduce((text, page) => filled(page, text), is);
  return { is, shouldBe: await format(text, { ...(await resolveConfig(filepath)), filepath }) };
}

function filled({ file, marker, text }: Page, is: string): string {
  if (marker === undefined) return text();
  const [start, end] = [`<!-- ${marker}:start -->`, `<!-- ${marker}:end -->`];
  const [before, rest = ''] = is.split(start);
  const after = rest.split(end)[1];
  if (before === undefined || after === undefined)
    throw new Error(`${file} lacks the markers ${start} and ${end}`);
  return `${before}${start}\n\n${text()}\n\n${end}${after}`;
}

/** The first line in which a page is out of date, for the message of `--check`. */
export function firstDifference(is: string, shouldBe: string): string {
  const [isLines, shouldBeLines] = [is.split('\n'), shouldBe.split('\n')];
  const at = shouldBeLines.findIndex((line, index) => line !== isLines[index]);
  const index = at < 0 ? shouldBeLines.length : at;
  return `line ${index + 1}\n  is:        ${isLines[index] ?? '(nothing)'}\n  should be: ${shouldBeLines[index] ?? '(nothing)'}`;
}

export async function outdated(wanted = pages): Promise<string[]> {
  const found = await Promise.all(
    [...byFile(wanted)].map(async ([file, itsPages]) => {
      const rendered = await render(file, itsPages);
      if (rendered === undefined || rendered.is === rendered.shouldBe) return [];
      return [`${file}, ${firstDifference(rendered.is, rendered.shouldBe)}`];
    }),
  );
  return found.flat();
}

async function write(): Promise<void> {
  for (const [file, itsPages] of byFile(pages)) {
    const rendered = await render(file, itsPages);
    if (rendered) writeFileSync(new URL(file, root), rendered.shouldBe);
  }
}

/** In their order: prettier takes longer over a file than all else. */
const byFile = (wanted: readonly Page[]): Map<string, Page[]> => Map.groupBy(wanted, ({ file }) => file);

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (process.argv.includes('--check')) {
    const differences = await outdated();
    for (const difference of differences) console.error(`Out of date: ${difference}`);
    if (differences.length > 0) {
      console.error('Run "npm run docs" and commit what it writes.');
      process.exitCode = 1;
    }
  } else {
    await write();
  }
}
