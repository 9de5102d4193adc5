import { globSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folders that a newcomer walks through, each with what it is for. Files of src speak for themselves below. */
const folders: Readonly<Record<string, string>> = {
  src: 'the package, as walkerOS sees it',
  'src/config': 'settings: schema, rules, resolution; secrets wrapped',
  'src/record': 'event → record; pure',
  'src/producer': 'queues, retries, an outcome for every record',
  'src/protocol': 'bytes: record batches, the Produce request, compression, partitioner',
  'src/transport': 'connections to brokers, and what is asked over them',
  'src/transport/platformatic': 'connections of @platformatic/kafka',
  'src/transport/kafkajs': 'connections of kafkajs',
  'src/transport/security': 'SASL',
  'src/transport/tls': 'what TLS connections are made with',
  'src/transport/errors': 'broker codes and broken connections → KafkaError',
  'src/transport/tokens': 'bearer tokens, fetched, and renewed ahead of time',
  'src/spool': 'settings.spool: a durable queue on the disk',
  'src/spool/sqlite': 'in one SQLite file',
  'src/schema': 'values by a schema, in the wire format of a Schema Registry',
  'src/schema/registry': 'Schema Registry over REST',
  'src/schema/avro': 'on types parsed by avsc',
  'src/schema/protobuf': 'on messages parsed by protobufjs',
  'src/schema/walkeros-event': 'ready-made schemas of the event',
  'src/setup': '`walkeros setup`: topics, schemas, drift',
  'src/telemetry': 'notices → log lines, metrics, spans; health',
  'src/model': 'the types that all folders share; imports nothing',
  'src/cli': '`npx walkeros-kafka`: parse, call, print',
  'src/cli/commands': 'one command each',
  'src/cli/delivery': 'a producer without a flow; the spool drained',
  'src/cli/flow': 'flow.json: read, resolved, searched for our destination',
  'src/cli/doctor': 'what keeps events from Kafka: a diagnosis of findings',
  'src/cli/doctor/checks': 'what is checked, from the lowest layer up',
  'src/cli/schema': 'what a change of schemas breaks',
  'src/cli/reading': 'records read back: decoded, filtered, shown',
  'src/cli/find': 'where an event is: topics, dead letters, the spool',
  'src/cli/dead-letters': 'what was refused: listed, re-sent',
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
      `${`${folder}/`.padEnd(29)}${folders[folder] ?? ''}`,
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
