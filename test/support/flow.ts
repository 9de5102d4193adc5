import { startFlow } from '@walkeros/collector';
import type { Collector, Destination, Elb, WalkerOS } from '@walkeros/core';
import { destinationKafka } from '../../src/index.ts';
import type { Settings, Types } from '../../src/types.ts';

export interface TestFlow {
  readonly collector: Collector.Instance;
  /** What was logged, as "LEVEL message". */
  readonly log: string[];
  /** Pushes an event as a source would; `failed.kafka.error` is what the destination threw. */
  push(event: WalkerOS.DeepPartialEvent): Promise<Elb.PushResult>;
  stop(): Promise<void>;
}

/** The destination in a real collector, as users run it. */
export async function runFlow(
  settings: Settings,
  config: Omit<Destination.Config<Types>, 'settings'> = {},
  id = 'kafka',
): Promise<TestFlow> {
  const log: string[] = [];
  const { collector } = await startFlow({
    destinations: { [id]: { code: destinationKafka, config: { ...config, settings } } },
    logger: {
      level: 'DEBUG',
      handler: (level, message, context) => {
        const { error } = context;
        log.push(`${levels[level] ?? ''} ${message}${error ? ` ${error.message}` : ''}`);
      },
    },
  });
  return {
    collector,
    log,
    push: (event) => collector.push(event),
    stop: async () => {
      await collector.command('shutdown');
    },
  };
}

const levels = ['ERROR', 'WARN', 'INFO', 'DEBUG'];

/** An event with everything spelt out, so that its stored form is a literal too. */
export function event(overrides: Partial<WalkerOS.Event> = {}): WalkerOS.Event {
  return {
    name: 'page view',
    data: { title: 'Home' },
    context: {},
    globals: {},
    custom: {},
    user: { id: 'us3r' },
    nested: [],
    consent: {},
    id: '1f0c2a9d4b7e8f31',
    trigger: 'load',
    entity: 'page',
    action: 'view',
    timestamp: 1_700_000_000_123,
    timing: 1.5,
    source: { type: 'test', platform: 'server', schema: '4' },
    ...overrides,
  };
}
