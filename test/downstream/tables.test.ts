import assert from 'node:assert/strict';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { shopEvents } from '../../examples/downstream/events.ts';
import { filled } from '../../examples/downstream/filled.ts';
import { runSql } from '../../examples/downstream/flink/run.ts';
import { submit } from '../../examples/downstream/spark/run.ts';
import { avroTopic, jsonSchemaTopic, jsonTopic } from '../../examples/downstream/topics.ts';
import { startRegistry, type RunningRegistry } from '../../scripts/registry/launch.ts';
import { walkerosEventSchemas } from '../../src/index.ts';
import { sharedBroker } from '../support/broker.ts';
import { confluentMissing, readByConfluent } from '../support/confluent.ts';
import { kcatMissing, readByKcat } from '../support/kcat.ts';

/** What an engine found of an event: something of each kind of column. */
interface Row {
  readonly id: string;
  readonly name: string;
  /** In ms. */
  readonly at: number;
  readonly session: string;
  readonly data: Readonly<Record<string, string>>;
  readonly shopping: readonly [value: string, index: number];
  readonly functional: boolean;
}

const events = shopEvents();
const text = (fields: object): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)]));
const rowOf = ({ id, name, timestamp, data, user, context }: (typeof events)[number]): Row => ({
  id,
  name,
  at: timestamp,
  session: user.session ?? '',
  data: text(data),
  shopping: ['discover', Number(context.shopping?.[1])],
  functional: true,
});
const expected = events.map(rowOf);

const example = (file: string): URL => new URL(`../../examples/downstream/${file}`, import.meta.url);
const byId = (rows: readonly Row[]): Row[] => [...rows].sort((a, b) => (a.id < b.id ? -1 : 1));
const utc = (time: string): number => Date.parse(`${time.replace(' ', 'T').replace(/Z$/, '')}Z`);

/** Lines of JSON that an engine wrote into a folder. */
function written<T>(folder: string): T[] {
  const lines = globSync(join(folder, 'part-*')).flatMap((file) => readFileSync(file, 'utf8').split('\n'));
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
}

/** docs/schemas.md shows these files; here they read what the destination wrote. */
describe('the tables of docs/schemas.md', () => {
  let registry: RunningRegistry;
  let folder: string;
  let brokers: string;
  let json: string;
  let avro: string;
  /** JSON with a schema: told in a header, and in front of the value. */
  let inHeader: string;
  let inFront: string;
  before(async () => {
    const broker = await sharedBroker();
    brokers = broker.brokers.join(',');
    folder = mkdtempSync(join(tmpdir(), 'tables-'));
    registry = await startRegistry();
    json = await jsonTopic(broker.brokers, events);
    avro = await avroTopic(broker.brokers, events, new URL(registry.url).origin);
    const { url } = registry;
    inHeader = await jsonSchemaTopic(broker.brokers, events, { registry: url, schemaId: 'header' });
    inFront = await jsonSchemaTopic(broker.brokers, events, { registry: url, schemaId: 'prefix' });
  });
  after(async () => {
    await registry.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('Flink reads every column kind, in Avro and in JSON, and JSON whose schema is in a header', async () => {
    const read = (output: string, columns: string): string => `
      CREATE TABLE ${output} (
        id STRING, name STRING, at_time STRING, session STRING, data MAP<STRING, STRING>, shopping STRING, position_ INT,
        functional BOOLEAN
      ) WITH ('connector' = 'filesystem', 'path' = 'file://${join(folder, output)}', 'format' = 'json');
      INSERT INTO ${output}
      SELECT \`id\`, \`name\`, ${columns}, \`consent\`['functional']
      FROM walkeros_events /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */;
      DROP TABLE walkeros_events;`;
    const avroTable = filled(example('flink/avro-table.sql'), folder, {
      'localhost:9092': brokers,
      'walkeros-events-avro': avro,
      'http://localhost:8081': registry.url,
    });
    const readJson = (topic: string, output: string): string[] => {
      const names = { 'localhost:9092': brokers, 'walkeros-events': topic };
      const table = readFileSync(filled(example('flink/json-table.sql'), folder, names), 'utf8');
      const columns =
        "CAST(`time` AS STRING), `user`['session'], `data`, `context`['shopping'][1], CAST(`context`['shopping'][2] AS INT)";
      return [table, read(output, columns)];
    };
    const file = join(folder, 'tables.sql');
    const statements = [
      `SET 'table.local-time-zone' = 'UTC';`,
      readFileSync(avroTable, 'utf8'),
      read(
        'from_avro',
        "CAST(`timestamp` AS STRING), `user`['session'], `data`, `context`['shopping'].`value`, `context`['shopping'].`index`",
      ),
      ...readJson(json, 'from_json'),
      ...readJson(inHeader, 'from_header'),
    ];
    writeFileSync(file, statements.join('\n'));
    await runSql(file, folder);

    type Line = Omit<Row, 'at' | 'shopping'> & { at_time: string; shopping: string; position_: number };
    const rows = (output: string): Row[] =>
      written<Line>(join(folder, output)).map(({ at_time, shopping, position_, ...others }) => ({
        ...others,
        at: utc(at_time),
        shopping: [shopping, position_],
      }));
    assert.deepEqual(byId(rows('from_avro')), expected);
    assert.deepEqual(byId(rows('from_json')), expected);
    assert.deepEqual(byId(rows('from_header')), expected);
  });

  const rowsOf = (values: readonly unknown[]): Row[] =>
    byId(values.map((value) => rowOf(value as (typeof events)[number])));

  it('Confluent’s Python deserialiser reads both, the schema in a header and in front', async (t) => {
    const missing = await confluentMissing();
    if (missing !== undefined) return t.skip(missing);
    const topics = [inHeader, inFront].map((topic) => ({
      ...{ topic, count: events.length, format: 'json-schema' as const },
    }));
    const read = Object.groupBy(
      await readByConfluent(brokers.split(','), registry.url, topics),
      ({ topic }) => topic,
    );
    for (const { topic } of topics)
      assert.deepEqual(rowsOf(read[topic]?.map(({ value }) => value) ?? []), expected);
  });

  it('kcat shows JSON as it is where its schema is in a header, and five bytes before it otherwise', async (t) => {
    const missing = await kcatMissing();
    if (missing !== undefined) return t.skip(missing);
    const answer = await fetch(`${registry.url}/subjects/${inHeader}-value/versions/latest`);
    const { id } = (await answer.json()) as { id: number };
    const told = String.fromCharCode(0, 0, 0, 0, id);
    const bare = await readByKcat(brokers, inHeader);
    const rows = (texts: readonly string[]): Row[] => rowsOf(texts.map((one): unknown => JSON.parse(one)));
    assert.deepEqual(rows(bare.map(({ value }) => value)), expected);
    for (const { headers } of bare) assert.equal(headers['__value_schema_id'], told);
    // The same schema, under another subject: the same id.
    const framed = await readByKcat(brokers, inFront);
    assert.deepEqual([...new Set(framed.map(({ value }) => value.slice(0, 5)))], [told]);
    assert.deepEqual(rows(framed.map(({ value }) => value.slice(5))), expected);
    assert.deepEqual(framed[0]?.headers, {});
  });

  interface SparkLine<Time, Context> {
    readonly id: string;
    readonly name: string;
    readonly timestamp: Time;
    readonly user: { readonly session: string };
    readonly data: Record<string, string>;
    readonly context: { readonly shopping: Context };
    readonly consent: { readonly functional: boolean };
  }
  const sparkRow = (
    { id, name, user, data, consent }: SparkLine<unknown, unknown>,
    at: number,
    shopping: Row['shopping'],
  ): Row => ({ id, name, at, session: user.session, data, shopping, functional: consent.functional });

  it('Spark reads every column kind, in Avro', async () => {
    writeFileSync(join(folder, 'walkeros-event.avsc'), walkerosEventSchemas.AVRO);
    const script = filled(example('spark/events_avro.py'), folder, {
      'localhost:9092': brokers,
      'walkeros-events-avro': avro,
      '/tmp/events': join(folder, 'spark-avro'),
    });
    await submit(script, folder);
    type Line = SparkLine<string, { readonly value: string; readonly index: number }>;
    const rows = written<Line>(join(folder, 'spark-avro')).map((line) =>
      sparkRow(line, Date.parse(line.timestamp), [line.context.shopping.value, line.context.shopping.index]),
    );
    assert.deepEqual(byId(rows), expected);
  });

  it('Spark reads every column kind, in JSON', async () => {
    const script = filled(example('spark/events_json.py'), folder, {
      'localhost:9092': brokers,
      'walkeros-events': json,
      '/tmp/events': join(folder, 'spark-json'),
    });
    await submit(script, folder);
    const rows = written<SparkLine<number, [string, string]>>(join(folder, 'spark-json')).map((line) =>
      sparkRow(line, line.timestamp, [line.context.shopping[0], Number(line.context.shopping[1])]),
    );
    assert.deepEqual(byId(rows), expected);
  });
});
