import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { confluentPython } from '../../scripts/confluent/packages.ts';

/** A topic whose values Confluent's Python client is to decode. */
export interface FramedTopic {
  readonly topic: string;
  readonly count: number;
  readonly format: 'avro' | 'json-schema' | 'protobuf';
  /** Avro, JSON Schema: what it is read by, instead of what it was written with. */
  readonly schema?: string;
  /** Protobuf: the schema, which is compiled for it, and the message. */
  readonly proto?: string;
  readonly message?: string;
}

/** Why there is no such client on this machine; undefined where there is. */
export async function confluentMissing(): Promise<string | undefined> {
  const found = await confluentPython();
  return 'missing' in found ? found.missing : undefined;
}

/** The values as Confluent's deserialisers give them; integers beyond 2^53 as "123n", bytes as "bytes 0aff". */
export async function readByConfluent(
  brokers: readonly string[],
  registry: string,
  topics: readonly FramedTopic[],
): Promise<{ topic: string; value: unknown }[]> {
  const found = await confluentPython();
  if ('missing' in found) throw new Error(found.missing);
  const script = fileURLToPath(new URL('../../scripts/confluent/read.py', import.meta.url));
  const child = spawn(found.python, [script], { env: found.env, timeout: 60_000 });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  child.stdin.end(JSON.stringify({ brokers: brokers.join(','), registry, topics }));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`Confluent's client ended with ${String(code)}:\n${errors.slice(-3000)}`);
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { topic: string; value: unknown });
}
