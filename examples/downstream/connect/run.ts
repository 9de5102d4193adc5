import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { jvmFlags, startEngine, type Engine } from '../../../scripts/downstream/engine.ts';
import { bringJars } from '../../../scripts/downstream/jars.ts';
import { javaPath } from '../../../scripts/kafka/java.ts';
import { freePorts } from '../../../scripts/kafka/ports.ts';
import type { Progress } from '../../../scripts/kafka/progress.ts';
import type { EventRow } from '../expected.ts';
import { filled } from '../filled.ts';
import { withFolder } from '../folder.ts';
import { eventRow } from './sink-line.ts';

const here = (file: string): URL => new URL(file, import.meta.url);

export const connectJars = (onProgress?: Progress): Promise<string> =>
  bringJars(fileURLToPath(here('pom.xml')), onProgress);
export const connectPlugins = (onProgress?: Progress): Promise<string> =>
  bringJars(fileURLToPath(here('plugins/pom.xml')), onProgress);

const timeoutMs = 300_000;

export interface ConnectRun {
  readonly brokers: readonly string[];
  /** Of values in JSON. */
  readonly jsonTopic: string;
  /** Of values in Avro, with a schema's id before them. */
  readonly avroTopic: string;
  /** The registry's address without a path. */
  readonly registry: string;
  /** How many records each topic holds. */
  readonly count: number;
}

/** Runs both connectors in one standalone worker until they have written what the topics hold. @returns the lines, read */
export async function runConnect(
  { brokers, jsonTopic, avroTopic, registry, count }: ConnectRun,
  onProgress?: Progress,
): Promise<{ json: EventRow[]; avro: EventRow[] }> {
  const java = await javaPath();
  const jars = await connectJars(onProgress);
  const plugins = await connectPlugins(onProgress);
  const [port = 0] = await freePorts(1);
  return withFolder('connect-example', async (folder) => {
    // Each folder below plugin.path is one plugin, with class loaders of its own.
    mkdirSync(join(folder, 'plugins'));
    symlinkSync(plugins, join(folder, 'plugins', 'apicurio-converter'));
    const [json, avro] = [join(folder, 'json.txt'), join(folder, 'avro.txt')];
    const files = [
      filled(here('worker.properties'), folder, {
        'localhost:9092': brokers.join(','),
        '/opt/connect-plugins': join(folder, 'plugins'),
        'localhost:8083': `127.0.0.1:${port}`,
        '/tmp/connect.offsets': join(folder, 'connect.offsets'),
      }),
      filled(here('json-to-file.json'), folder, {
        'walkeros-events': jsonTopic,
        '/tmp/walkeros-events-json.txt': json,
      }),
      filled(here('avro-to-file.json'), folder, {
        'http://localhost:8081': registry,
        'walkeros-events-avro': avroTopic,
        '/tmp/walkeros-events-avro.txt': avro,
      }),
    ];
    onProgress?.('Kafka Connect: running json-to-file.json and avro-to-file.json');
    const main = 'org.apache.kafka.connect.cli.ConnectStandalone';
    const args = ['-Xmx384m', ...jvmFlags, '-cp', join(jars, '*'), main, ...files];
    const worker = startEngine(java, args, { folder });
    try {
      await untilWritten(worker, [json, avro], count);
    } finally {
      await worker.stop();
    }
    return { json: rows(json), avro: rows(avro) };
  });
}

async function untilWritten(worker: Engine, files: readonly string[], count: number): Promise<void> {
  let ended = false;
  worker.ended.then(
    () => (ended = true),
    () => (ended = true),
  );
  const deadline = Date.now() + timeoutMs;
  while (files.some((file) => lines(file).length < count)) {
    if (ended || Date.now() > deadline) {
      const counts = files.map((file) => lines(file).length).join(' and ');
      const words = `${counts} of ${count} records were written:\n${worker.lastWords()}`;
      throw new Error(`Kafka Connect ${ended ? 'ended' : `was not done after ${timeoutMs} ms`}; ${words}`);
    }
    await sleep(200);
  }
}

const lines = (file: string): string[] =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];

const rows = (file: string): EventRow[] =>
  lines(file)
    .map(eventRow)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
