import type { Settings } from '../../src/types.ts';
import { runEncoding } from '../encoding-run.ts';
import type { Part, Row, Target } from '../row.ts';

const json = 'json';

export const encoding: Part = {
  title: 'Encoding',
  method:
    'From the event to the finished record, nothing is sent: CPU on one thread. The ready-made schema of the event; ' +
    'the registry was asked once, before, and is gone.',
  events: 200_000,
  quickEvents: 5_000,
  columns: [
    { figure: 'main', title: 'CPU µs/event', digits: 1 },
    { figure: 'bytes', title: 'bytes/value', digits: 0 },
  ],
  rows: [
    row(json, { format: 'json' }),
    row('cloudevents, binary', { format: 'cloudevents', mode: 'binary' }),
    row('cloudevents, structured', { format: 'cloudevents', mode: 'structured' }),
    row('json-schema', { format: 'json-schema' }),
    row('avro', { format: 'avro' }),
    row('protobuf', { format: 'protobuf' }),
  ],
  targets: [
    target('cloudevents, binary', 1.5),
    target('cloudevents, structured', 1.5),
    target('json-schema', 2),
    target('avro', 2),
    target('protobuf', 3),
  ],
};

function row(name: string, value: NonNullable<Settings['value']>): Row {
  return { name, run: (context) => runEncoding(context, value) };
}

function target(name: string, limit: number): Target {
  return { row: name, figure: 'main', against: json, bound: 'at most', limit };
}
