import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { WalkerOS } from '@walkeros/core';
import { resolveOptions } from '../src/config/resolve.ts';
import { buildRecord } from '../src/record/build.ts';
import { recordShapes, type PlainShape } from '../src/record/shape.ts';
import type { Settings } from '../src/types.ts';
import { valueFormats } from '../src/schema/value-formats.ts';
import type { KafkaRecord } from '../src/model/record.ts';
import { nth, readEvents } from './data.ts';
import { measure } from './measure.ts';
import type { RowContext, RowResult } from './row.ts';

/** Between two looks at the clock. */
const atOnce = 1_000;

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
  const shape = recordShapes({ ...options, composer: formats.composer })(undefined);
  if (shape.mapped) throw new Error('nothing of it is mapped');
  const events = readEvents();
  await untilFinished(events, shape);
  registry.close();

  let bytes = 0;
  const run = (wanted: number): Promise<number> => {
    const deadline = performance.now() + limitMs;
    let done = 0;
    while (done < wanted && performance.now() < deadline) {
      for (let n = 0; n < atOnce; n++) bytes += record(nth(events, done + n), shape).value?.length ?? 0;
      done += atOnce;
    }
    return Promise.resolve(done);
  };
  await run(warmUp);
  bytes = 0;
  const { events: done, ...figures } = await measure(() => run(count));
  formats.close();
  return { figures: { ...figures, bytes: bytes / done }, stored: 0 };
}

function record(event: WalkerOS.Event, shape: PlainShape): KafkaRecord {
  return buildRecord({ event }, 0, shape, () => undefined);
}

async function untilFinished(events: readonly WalkerOS.Event[], shape: PlainShape): Promise<void> {
  const { pending } = record(nth(events, 0), shape);
  await pending?.changed(10_000);
  // All of them must fit, or the fault is what would be measured.
  for (const event of events) {
    const rest = record(event, shape).pending;
    if (rest !== undefined) throw rest.lastError ?? new Error('the schema was not found');
  }
}
