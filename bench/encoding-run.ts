import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { WalkerOS } from '@walkeros/core';
import { resolveOptions } from '../src/config/resolve.ts';
import { buildRecord, headersOf, type RecordSettings } from '../src/record/build.ts';
import type { Settings } from '../src/types.ts';
import { valueFormats } from '../src/schema/value-formats.ts';
import type { KafkaRecord } from '../src/model/record.ts';
import { nth, readEvents } from './data.ts';
import { measure } from './measure.ts';
import type { RowContext, RowResult } from './row.ts';

/** Between two looks at the clock. */
const portion = 1_000;

/** From the event to the finished record, and no further: nothing is sent. The schema is looked up once, before. */
export async function runEncoding(
  { brokers, topic, warmUp, events: count, limitMs }: RowContext,
  value: Settings['value'],
): Promise<RowResult> {
  const registry = createServer((request, answer) => {
    request.resume();
    answer.setHeader('content-type', 'application/json').end('{"id":1,"version":1}');
  }).listen(0, '127.0.0.1');
  await once(registry, 'listening');
  const url = `http://127.0.0.1:${String((registry.address() as AddressInfo).port)}`;
  const withRegistry = value?.format?.match(/avro|json-schema|protobuf/)
    ? { ...value, registry: { url } }
    : value;
  const { options } = resolveOptions({ kafka: { brokers, topic }, value: withRegistry });
  const formats = valueFormats(options, () => undefined, false);
  const settings = { ...options, headers: headersOf(options.headers), composer: formats.composer };
  const events = readEvents();
  await untilFinished(events, settings);
  registry.close();

  let bytes = 0;
  const run = (wanted: number): Promise<number> => {
    const deadline = performance.now() + limitMs;
    let done = 0;
    while (done < wanted && performance.now() < deadline) {
      for (let n = 0; n < portion; n++) bytes += record(nth(events, done + n), settings).value?.length ?? 0;
      done += portion;
    }
    return Promise.resolve(done);
  };
  await run(warmUp);
  bytes = 0;
  const { events: done, ...figures } = await measure(() => run(count));
  formats.close();
  return { figures: { ...figures, bytes: bytes / done }, stored: 0 };
}

function record(event: WalkerOS.Event, settings: RecordSettings): KafkaRecord {
  return buildRecord(event, undefined, undefined, settings, 0);
}

async function untilFinished(events: readonly WalkerOS.Event[], settings: RecordSettings): Promise<void> {
  const { pending } = record(nth(events, 0), settings);
  await pending?.changed(10_000);
  // All of them must fit, or the fault is what would be measured.
  for (const event of events) {
    const rest = record(event, settings).pending;
    if (rest !== undefined) throw rest.lastError ?? new Error('the schema was not found');
  }
}
