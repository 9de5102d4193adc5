import { avroSchema } from '../../src/value/walkeros-event/avro.ts';

/** As much of Avro as the event's schema uses. */
type Type = string | readonly Type[] | Named;
interface Named {
  readonly type: string;
  readonly name?: string;
  readonly logicalType?: string;
  readonly values?: Type;
  readonly items?: Type;
  readonly fields?: readonly Field[];
}
interface Field {
  readonly name: string;
  readonly type: Type;
}

const plain: Readonly<Record<string, string>> = {
  string: 'STRING',
  double: 'DOUBLE',
  int: 'INT',
  boolean: 'BOOLEAN',
  'timestamp-millis': 'TIMESTAMP(3)',
};

/** docs/schemas.md: the table through which Flink SQL reads the ready-made Avro schema, column by column. */
export function flinkText(): string {
  const fields: readonly Field[] = avroSchema.fields;
  const records = new Map<string, Named>();
  const columns = fields.map(({ name, type }) => `  \`${name}\` ${sqlType(type, records)},`);
  return [
    '```sql',
    'CREATE TABLE walkeros_events (',
    ...columns,
    "  WATERMARK FOR `timestamp` AS `timestamp` - INTERVAL '1' MINUTE",
    ') WITH (',
    "  'connector' = 'kafka',",
    "  'topic' = 'walkeros-events',",
    "  'properties.bootstrap.servers' = 'kafka1:9092',",
    "  'scan.startup.mode' = 'earliest-offset',",
    "  'value.format' = 'avro-confluent',",
    "  'value.avro-confluent.url' = 'https://registry:8081'",
    ');',
    '```',
  ].join('\n');
}

/** @param records those that were spelt out so far, to which Avro refers by name */
function sqlType(type: Type, records: Map<string, Named>): string {
  if (typeof type === 'string') {
    const record = records.get(type);
    return record ? sqlType(record, records) : simple(type);
  }
  if (isUnion(type)) return sqlType(type.find((branch) => branch !== 'null') ?? 'null', records);
  const { type: kind, name, logicalType, values, items, fields } = type;
  if (name !== undefined) records.set(name, type);
  if (values !== undefined) return `MAP<STRING, ${sqlType(values, records)}>`;
  if (items !== undefined) return `ARRAY<${sqlType(items, records)}>`;
  if (fields === undefined) return simple(logicalType ?? kind);
  const inner = fields.map((field) => `\`${field.name}\` ${sqlType(field.type, records)}`);
  return `ROW<${inner.join(', ')}>`;
}

const isUnion = (type: Type): type is readonly Type[] => Array.isArray(type);

function simple(type: string): string {
  const found = plain[type];
  if (found === undefined) throw new Error(`scripts/docs/flink.ts does not know ${type}`);
  return found;
}
