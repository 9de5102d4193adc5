import { startFlow } from '@walkeros/collector';
import type { Collector, Destination, WalkerOS } from '@walkeros/core';
import { nth, readEvents } from './data.ts';
import { Load } from './load.ts';
import { measure } from './measure.ts';
import type { RowContext, RowResult } from './row.ts';

/** As busy as a server that answers a thousand requests at a time. */
export const inFlight = 1_000;

/** The part of the destination's settings that rows vary. */
export interface KafkaChoice {
  readonly client?: 'platformatic' | 'kafkajs';
  readonly compression?: 'none' | 'gzip' | 'lz4';
  readonly deliveryTimeout?: number;
  readonly idempotent?: boolean;
  readonly bufferMemory?: number;
}

export interface SpoolChoice {
  readonly path: string;
  readonly mode: 'overflow' | 'always';
}

/** Keyed by visitor, as order usually matters; everything else as installed. */
export function kafkaConfig(
  context: RowContext,
  choice: KafkaChoice,
  spool?: SpoolChoice,
): Destination.Config {
  return {
    settings: {
      kafka: { brokers: [...context.brokers], topic: context.topic, key: 'user.session', ...choice },
      spool,
    },
  };
}

/** A real flow with one destination. */
export async function openFlow(
  code: Destination.Instance,
  config: Destination.Config = {},
  logger?: Collector.InitConfig['logger'],
): Promise<Collector.Instance> {
  const { collector } = await startFlow({ destinations: { target: { code, config } }, logger });
  return collector;
}

/** Pushes events through a real collector: first to warm up, then to measure. */
export async function runFlow(
  context: RowContext,
  code: Destination.Instance,
  config?: Destination.Config,
): Promise<RowResult> {
  const collector = await openFlow(code, config);
  const load = loadOf(collector, context);
  // Alone, for the collector opens a destination once for each of its concurrent first pushes.
  const first = await load(1);
  if (collector.status.failed > 0) throw new Error('the first push failed');
  const warm = first + (await load(context.warmUp));
  const figures = await measure(() => load(context.events));
  await closeFlow(collector);
  return { figures, stored: warm + figures.events };
}

/** Pushes as many events as it is told, and resolves to how many were answered. */
export function loadOf(
  collector: Collector.Instance,
  { limitMs }: Pick<RowContext, 'limitMs'>,
): (count: number) => Promise<number> {
  const events = readEvents();
  return (count) =>
    new Load({ events: count, inFlight, limitMs }, (index, load) => {
      pushOne(collector, nth(events, index), load);
    }).run();
}

function pushOne(collector: Collector.Instance, event: WalkerOS.Event, load: Load): void {
  collector.push(event).then(() => load.answered(), load.fail);
}

/** Ends the flow, and the row with it if anything was not delivered. */
export async function closeFlow(collector: Collector.Instance): Promise<void> {
  const { failed } = collector.status;
  await collector.command('shutdown');
  if (failed > 0) throw new Error(`${failed} pushes failed`);
}
