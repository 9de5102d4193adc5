import { startFlow } from '@walkeros/collector';
import type { WalkerOS } from '@walkeros/core';
import { kafkaDestination, type Settings } from '../../src/index.ts';

/** Of events that happen within half a minute, so that none comes later than what the engines wait for. */
const atATime = 20;

/**
 * Writes events with the destination in a real collector, as a flow does.
 * @throws Error when one of them is not stored
 */
export async function writeEvents(settings: Settings, events: readonly WalkerOS.Event[]): Promise<void> {
  const { collector } = await startFlow({ destinations: { kafka: kafkaDestination({ settings }) } });
  try {
    for (let at = 0; at < events.length; at += atATime) {
      const results = await Promise.all(events.slice(at, at + atATime).map((event) => collector.push(event)));
      const failed = results.find(({ ok }) => !ok);
      if (failed) throw new Error(`An event was not stored: ${JSON.stringify(failed)}`);
    }
  } finally {
    await collector.command('shutdown');
  }
}
