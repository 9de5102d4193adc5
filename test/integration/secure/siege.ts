import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { KafkaError } from '../../../src/model/errors.ts';
import { event, runFlow } from '../../support/flow.ts';
import { openProxy } from '../../support/proxy.ts';
import { turns } from '../../support/turns.ts';
import type { Refusal } from './refusals.ts';
import { addressOf, settingsOf, type ClientName, type World } from './world.ts';

/** For so long events keep coming, in ms; "fewer than 20 a minute" is fewer than 5 then. */
const siege = { lasts: 14_500, attempts: 4 };

/** Handshakes are all processor: fifty at once would measure the machine. */
const turn = turns(3);

/** What one refused destination did. */
export interface Siege {
  readonly error: KafkaError;
  /** With BROKER and ISSUER for the addresses. */
  readonly message: string;
  /** Of the first push, until it failed. Milliseconds. */
  readonly took: number;
  /** All that was logged and all that was thrown, in every form. */
  readonly seen: string;
}

/**
 * Sends events of three topics to a door that does not open, three a second, and counts at the broker's socket how often
 * the destination knocks.
 */
export async function besiege(world: World, row: Refusal, client: ClientName): Promise<Siege> {
  const proxy = await openProxy();
  proxy.inFrontOf(Number(addressOf(world, row.at).split(':')[1]));
  const settings = settingsOf(world, row, proxy.address);
  const flow = await runFlow(
    { kafka: { ...settings, topic: 'never-made', client } },
    {
      mapping: {
        order: { '*': { settings: { topic: 'nor-this' } } },
        user: { '*': { settings: { topic: 'nor-that' } } },
      },
    },
  );
  try {
    const { begun, took, error } = await turn(async () => {
      const start = performance.now();
      const result = await flow.push(event());
      return { begun: start, took: performance.now() - start, error: result.failed?.kafka?.error };
    });
    assert.ok(error instanceof KafkaError, flow.log.join('\n'));

    for (let n = 0; performance.now() - begun < siege.lasts; n++) {
      const entity = ['page', 'order', 'user'][n % 3] ?? '';
      const later = await flow.push(event({ entity, name: `${entity} view` }));
      assert.ok(!later.ok);
      await sleep(300);
    }
    assert.ok(proxy.connections <= siege.attempts, `${proxy.connections} connections in ${siege.lasts} ms`);
    // At the start, too, before any event.
    const warned = flow.log.some((line) => line.startsWith(`WARN ${error.message}`));
    assert.ok(warned, flow.log.join('\n'));

    const message = error.message
      .replaceAll(settings.brokers.join(), 'BROKER')
      .replaceAll(world.issuer.tokenEndpoint, 'ISSUER');
    const shown = [inspect(error, { depth: Infinity, showHidden: true }), JSON.stringify(error), error.stack];
    return { error, message, took, seen: [...flow.log, ...shown].join('\n') };
  } finally {
    await flow.stop();
    await proxy.close();
  }
}
