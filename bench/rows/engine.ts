import { batchSize, bufferful, runEngine, runRaw } from '../engine-run.ts';
import type { KafkaChoice } from '../flow-run.ts';
import { runJava } from '../java.ts';
import { rawKafkajs, rawPlatformatic, type Codec } from '../raw.ts';
import { readRecords } from '../records.ts';
import type { Part, Row, Target } from '../row.ts';

type Client = NonNullable<KafkaChoice['client']>;

export const engine: Part = {
  title: 'Engine alone',
  method:
    `No collector, records built beforehand. Raw: the library's own producer, ${String(batchSize)} records per send, one send ` +
    `at a time. Ours: ${String(batchSize)} in flight, or ${bufferful.toLocaleString('en-US')}, about what its buffer of 32 MiB ` +
    "holds. Java: Kafka's ProducerPerformance, as it comes and with large batches; it sends until its buffer of 32 MiB is full.",
  events: 400_000,
  quickEvents: 5_000,
  columns: [
    { figure: 'rate', title: 'records/s', digits: 0 },
    { figure: 'cpu', title: 'CPU µs/record', digits: 1 },
    { figure: 'rss', title: 'RSS MiB', digits: 0 },
  ],
  rows: [
    ...rowsOf('platformatic', 'gzip'),
    java('gzip'),
    java('gzip', 'batch.size=1000000'),
    ...rowsOf('platformatic', 'lz4'),
    java('lz4'),
    ...rowsOf('platformatic', 'none'),
    java('none'),
    ...rowsOf('kafkajs', 'gzip'),
    ...rowsOf('kafkajs', 'none'),
  ],
  targets: [
    ...(['gzip', 'lz4', 'none'] as const).map((codec) => target('platformatic', codec, 'raw platformatic')),
    ...(['gzip', 'none'] as const).map((codec) => target('kafkajs', codec, 'raw kafkajs')),
    {
      row: withBuffer('platformatic', 'gzip'),
      figure: 'rate',
      against: 'java, gzip',
      bound: 'at least',
      limit: 1,
    },
  ],
};

function rowsOf(client: Client, codec: Codec): Row[] {
  return [
    {
      name: `raw ${client}, ${codec}`,
      async run(context) {
        const records = readRecords(context.topic);
        return client === 'platformatic'
          ? runRaw(context, await rawPlatformatic(context, records, codec))
          : runRaw(context, await rawKafkajs(context, records, codec));
      },
    },
    {
      name: `ours ${client}, ${codec}`,
      run: (context) => runEngine(context, { client, compression: codec }, batchSize),
    },
    {
      name: withBuffer(client, codec),
      run: (context) => runEngine(context, { client, compression: codec }, bufferful),
    },
  ];
}

function withBuffer(client: Client, codec: Codec): string {
  return `ours ${client}, ${codec}, buffer full`;
}

function java(codec: Codec, ...properties: string[]): Row {
  return {
    name: ['java', codec, ...properties].join(', '),
    run: (context) => runJava(context, codec, properties),
  };
}

function target(client: Client, codec: Codec, raw: string): Target {
  return {
    row: `ours ${client}, ${codec}`,
    figure: 'rate',
    against: `${raw}, ${codec}`,
    bound: 'at least',
    limit: 0.9,
  };
}
