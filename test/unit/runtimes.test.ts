import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as pass } from 'node:timers/promises';
import { destinationKafka, kafkaHealth, type KafkaError } from '../../src/index.ts';
import { freePorts } from '../../scripts/kafka/ports.ts';
import { lock } from '../../src/spool/sqlite/lock.ts';
import { eventually } from '../support/eventually.ts';
import { event } from '../support/flow.ts';
import { tempFolder } from '../support/temp.ts';

let rigs = 0;

/** A destination without a collector around it; nobody answers at its broker. */
async function rig(t: TestContext) {
  const path = join(tempFolder(), 'kafka.spool');
  const [nobody = 0] = await freePorts(1);
  const lines: string[] = [];
  const write = (message: unknown) => void lines.push(String(message));
  const logger = { error: write, warn: write, info: write, debug: write };
  const kafka = { brokers: [`127.0.0.1:${nobody}`], topic: 'events' };
  const config = { settings: { kafka, spool: { path, mode: 'always' } } };
  const id = `kafka-${(rigs += 1)}`;
  const own = { id, config, env: {}, logger };
  const context = { ...own, collector: {}, data: undefined, rule: undefined, ingest: {} };
  // What of the context is looked at is there.
  const as = context as unknown as Parameters<typeof destinationKafka.push>[1] &
    Parameters<NonNullable<typeof destinationKafka.init>>[0];
  t.after(() => destinationKafka.destroy?.(as));
  const push = () =>
    Promise.resolve(destinationKafka.push(event(), as)).then(
      () => 'ok',
      (error: KafkaError) => error.code,
    );
  return {
    path,
    lines,
    /** Of this destination alone: others run beside it. */
    health: () => kafkaHealth().filter((one) => one.id === id),
    init: () => Promise.resolve(destinationKafka.init?.(as)),
    /** As the walkerOS CLI does for `walkeros setup`. */
    initOfSetup: () => Promise.resolve(destinationKafka.init?.(own as unknown as typeof as)),
    destroy: () => Promise.resolve(destinationKafka.destroy?.(as)),
    push,
  };
}

// Most of the time they wait for a lock of six seconds.
describe('a destination without a flow', { concurrency: true }, () => {
  describe('a destination that could not be opened', () => {
    // It began anew, and held the spool of its successor: nobody could end it.
    it('stays closed after destroy, whatever comes late', async (t) => {
      const { path, init, destroy, push, health } = await rig(t);
      mkdirSync(path);
      await init().catch(() => undefined);
      assert.deepEqual(
        health().map(({ error }) => error?.code),
        ['SPOOL_UNAVAILABLE'],
      );
      await destroy();
      rmdirSync(path);
      assert.equal(await push(), 'DESTINATION_CLOSED');
      (await lock(path, 0)).close();
      assert.deepEqual(health(), []);
      await init();
      assert.equal(await push(), 'ok');
    });
  });

  describe('a spool that another process does not let go of', () => {
    // A push began the wait of six seconds anew: 12.5 s until it was refused.
    it('is waited for once, and the next push is refused at once', async (t) => {
      const { path, init, push } = await rig(t);
      const owner = await lock(path, 0);
      t.after(() => owner.close());
      await init();
      const another = lock(path, 6_000).then(
        (database) => void database.close(),
        () => 'a wait that began with the push is over',
      );
      assert.equal(await Promise.race([push(), another]), 'SPOOL_IN_USE');
    });
  });

  describe('walkeros setup', () => {
    // It made the spool's folder and file, and beside a running flow it told of a spool in use.
    it('opens no spool', async (t) => {
      const { path, initOfSetup, lines, health } = await rig(t);
      await initOfSetup();
      assert.deepEqual(readdirSync(dirname(path)), []);
      assert.deepEqual(lines, []);
      assert.deepEqual(health(), []);
    });
  });

  describe('a destination that is destroyed while it is being opened', () => {
    // The first opening, when it failed at last, forgot the second one.
    it('may begin anew meanwhile', async (t) => {
      const { path, init, destroy, push, health } = await rig(t);
      const owner = await lock(path, 0);
      void init().catch(() => undefined);
      const destroyed = destroy();
      await pass(1_000);
      const again = init();
      // The first one gives up after six seconds, the second one a second later.
      await pass(5_500);
      owner.close();
      await Promise.all([destroyed, again]);
      await eventually('it is open', async () => (await push()) === 'ok');
      assert.equal(health().length, 1);
      await destroy();
      assert.deepEqual(health(), []);
    });

    it('says nothing of a cluster that it did not look for', async (t) => {
      const { path, lines, init, destroy } = await rig(t);
      const owner = await lock(path, 0);
      const first = init();
      const destroyed = destroy();
      owner.close();
      await Promise.all([first, destroyed]);
      assert.deepEqual(
        lines.filter((line) => line.includes('Cannot reach')),
        [],
      );
    });
  });
});
