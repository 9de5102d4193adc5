/** One record as Kafka's own console consumer printed it. */
export interface StoredRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestampType: 'CreateTime' | 'LogAppendTime' | 'NoTimestampType';
  /** Milliseconds since the epoch; -1 where there is none. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  /** In the order they were written, repeated names included. */
  readonly headers: readonly (readonly [name: string, value: Buffer | null])[];
  readonly value: Buffer | null;
}

/**
 * Kafka's `Bytes` prints everything but printable ASCII as \xNN, the backslash too, so no key, value or header value can
 * hold these separators. Header names are printed as they are: one with a control character or a colon would be misread.
 */
const field = '\x1f';
const recordEnd = '\x1e';
const betweenHeaders = '\x1d';
/** Goes through the same escaping, so it is only unlikely, not impossible, to be somebody's value. */
const nothing = '<no bytes at all, not even none>';
const bytes = 'org.apache.kafka.common.serialization.BytesDeserializer';

export const formatterArguments: readonly string[] = Object.entries({
  'print.timestamp': 'true',
  'print.partition': 'true',
  'print.offset': 'true',
  'print.headers': 'true',
  'print.key': 'true',
  'print.value': 'true',
  'key.separator': field,
  'line.separator': recordEnd,
  'headers.separator': betweenHeaders,
  'null.literal': nothing,
  'key.deserializer': bytes,
  'value.deserializer': bytes,
  'headers.deserializer': bytes,
}).flatMap(([name, value]) => ['--formatter-property', `${name}=${value}`]);

/** Cuts the consumer's output into records, however it arrives. */
export function recordSplitter(
  topic: string,
  onRecord: (record: StoredRecord) => void,
): (text: string) => void {
  let rest = '';
  return (text) => {
    const lines = (rest + text).split(recordEnd);
    rest = lines.pop() ?? '';
    for (const line of lines) onRecord(parseRecord(topic, line));
  };
}

const shape = new RegExp(
  `^(CreateTime|LogAppendTime|NoTimestampType):?(-?\\d+)?${field}Partition:(\\d+)${field}Offset:(\\d+)${field}([^]*)$`,
);

function parseRecord(topic: string, line: string): StoredRecord {
  const [, type, timestamp = '-1', partition, offset, rest = ''] = shape.exec(line) ?? [];
  const [headers = '', key, value, ...more] = rest.split(field);
  if (type === undefined || key === undefined || value === undefined || more.length > 0) {
    throw new Error(
      `The console consumer printed a record in an unknown form: ${JSON.stringify(line.slice(0, 300))}`,
    );
  }
  return {
    topic,
    partition: Number(partition),
    offset: Number(offset),
    timestampType: type as StoredRecord['timestampType'],
    timestamp: Number(timestamp),
    headers: headers === 'NO_HEADERS' ? [] : headers.split(betweenHeaders).map(parseHeader),
    key: parseBytes(key),
    value: parseBytes(value),
  };
}

function parseHeader(text: string): [string, Buffer | null] {
  const colon = text.indexOf(':');
  return [text.slice(0, colon), parseBytes(text.slice(colon + 1))];
}

function parseBytes(text: string): Buffer | null {
  if (text === nothing) return null;
  const escape = /\\x([0-9A-F]{2})/g;
  return Buffer.from(
    text.replace(escape, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
}
