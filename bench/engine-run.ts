import { openRuntime, type Runtime } from '../src/runtime.ts';
import { resolveOptions } from '../src/config/resolve.ts';
import { nth } from './data.ts';
import { kafkaConfig, type KafkaChoice } from './flow-run.ts';
import { Load } from './load.ts';
import { measure } from './measure.ts';
import type { RawProducer } from './raw.ts';
import { readRecords } from './records.ts';
import type { RowContext, RowResult } from './row.ts';

/** Records per request, for the raw client by hand and for ours by keeping as many in flight. */
export const batchSize = 500;

/** Everything below the destination: delivery and client, without a collector. */
export function openEngine(context: RowContext, choice: KafkaChoice): Promise<Runtime> {
  const { settings } = kafkaConfig(context, choice);
  const report = (message: string): void => console.error(message);
  const quiet = (): void => undefined;
  const logger = { error: report, warn: report, info: quiet, debug: quiet };
  return openRuntime(resolveOptions(settings).options, { id: 'bench', env: {}, logger });
}

/** About as many records as `bufferMemory` holds, 32 MiB: what bounds Java's tool as well. */
export const bufferful = 40_000;

/** @param inFlight unacknowledged records, `batchSize` to have as many as the raw client has in a request */
export async function runEngine(
  context: RowContext,
  choice: KafkaChoice,
  inFlight: number,
): Promise<RowResult> {
  const records = readRecords(context.topic);
  const engine = await openEngine(context, choice);
  const load = (count: number): Promise<number> =>
    new Load({ events: count, inFlight, limitMs: context.limitMs }, (index, load) => {
      engine.producer.send(nth(records, index)).then(() => load.answered(), load.fail);
    }).run();
  const first = await load(1);
  const warm = first + (await load(context.warmUp));
  const figures = await measure(() => load(context.events));
  await engine.close();
  return { figures, stored: warm + figures.events };
}

/** The library alone, one send at a time. */
export async function runRaw<Message>(
  context: RowContext,
  producer: RawProducer<Message>,
): Promise<RowResult> {
  const { messages } = producer;
  const send = async (count: number): Promise<number> => {
    const deadline = performance.now() + context.limitMs;
    let sent = 0;
    while (sent < count && performance.now() < deadline) {
      const size = Math.min(batchSize, count - sent);
      await producer.send(Array.from({ length: size }, (_, index) => nth(messages, sent + index)));
      sent += size;
    }
    return sent;
  };
  const warm = await send(context.warmUp);
  const figures = await measure(() => send(context.events));
  await producer.close();
  return { figures, stored: warm + figures.events };
}
