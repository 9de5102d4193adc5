import { globSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folders that a newcomer walks through, each with what it is for. Files of src speak for themselves below. */
const folders: Readonly<Record<string, string>> = {
  src: 'the package',
  'src/vocabulary': 'the words all rooms share; imports nothing',
  'src/options': 'settings: checked, completed, frozen; secrets wrapped',
  'src/record': 'event → record; pure',
  'src/value': 'values by a schema, in the wire format of a Schema Registry',
  'src/value/avro': 'on types parsed by avsc',
  'src/value/protobuf': 'on messages parsed by protobufjs',
  'src/value/walkeros-event': 'ready-made schemas of the event',
  'src/delivery': 'the heart: lanes, retries, an outcome for every record',
  'src/client': 'the port to Kafka, and what stands behind it',
  'src/client/wire': 'the client itself, over any library that gives connections',
  'src/client/platformatic': 'connections of @platformatic/kafka',
  'src/client/kafkajs': 'connections of kafkajs',
  'src/client/security': 'TLS, SASL, tokens',
  'src/client/errors': 'broker codes and broken connections → KafkaError',
  'src/client/memory': 'a cluster in memory, for unit tests and --simulate',
  'src/flow': 'flow.json: read, resolved, searched for our destination',
  'src/doctor': 'what keeps events from Kafka: a diagnosis of findings',
  'src/doctor/checks': 'one thing to look at each, from the lowest layer up',
  'src/reading': 'records read back: decoded, filtered, shown',
  'src/dead-letters': 'what was refused: listed, re-sent, remembered',
  'src/operations': 'what each command does, put together from the rooms',
  'src/cli': '`npx walkeros-kafka`: parse, call, print',
  'src/cli/commands': 'one command each',
  'src/setup': '`walkeros setup`: topics, schemas, drift',
  'src/registry': 'Schema Registry over REST',
  'src/spool': 'settings.spool: a durable queue on the disk',
  'src/spool/sqlite': 'in one SQLite file',
  'src/spool/memory': 'without a disk, for unit tests',
  'src/tls': 'what TLS connections are made with',
  'src/telemetry': 'notices → log lines, metrics, spans; health',
  'src/examples': 'worked examples: docs, fixtures and walkerOS metadata at once',
};

/** The tree of src for DESIGN.md: every file that is there, and nothing else. */
export function treeText(): string {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const files = globSync('src/**/*.ts', { cwd: root }).sort();
  const known = new Set(files.map((file) => dirname(file)));
  for (const folder of known)
    if (!(folder in folders)) throw new Error(`scripts/docs/tree.ts does not know ${folder}`);
  const rows = Object.keys(folders).flatMap((folder) => {
    const inside = files
      .filter((file) => dirname(file) === folder)
      .map((file) => file.slice(folder.length + 1));
    if (inside.length === 0) throw new Error(`scripts/docs/tree.ts names ${folder}, which is empty`);
    return [
      `${`${folder}/`.padEnd(26)}${folders[folder] ?? ''}`,
      ...wrap(inside.map((file) => file.replace(/\.ts$/, ''))),
    ];
  });
  return ['```', ...rows, '```'].join('\n');
}

/** Names side by side, as wide as the docs. */
function wrap(names: readonly string[]): string[] {
  const lines: string[] = [];
  let line = '   ';
  for (const name of names) {
    if (line.length + name.length > 104) {
      lines.push(line);
      line = '   ';
    }
    line += ` ${name}`;
  }
  return [...lines, line];
}
