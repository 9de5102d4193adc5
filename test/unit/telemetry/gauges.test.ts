import assert from 'node:assert/strict';
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { metrics } from '@opentelemetry/api';
import type { KafkaHealth } from '../../../src/telemetry/health.ts';
import { createMetering } from '../../../src/telemetry/meter.ts';
import { eventually } from '../../support/eventually.ts';
import { event, runFlow } from '../../support/flow.ts';
import { installSdk, type Sdk } from '../../support/otel.ts';
import { tempFolder } from '../../support/temp.ts';

const noon = Date.parse('2026-01-01T12:00:00Z');
const secondsBefore = (seconds: number): Date => new Date(noon - seconds * 1_000);

function healthOf(overrides: Partial<KafkaHealth> = {}): KafkaHealth {
  return {
    id: 'kafka',
    ready: true,
    connected: true,
    lastAcknowledgedAt: undefined,
    waiting: { records: 7, bytes: 70, limit: 700 },
    keyFallbacks: 0,
    spool: undefined,
    ...overrides,
  };
}

describe('gauges', () => {
  let sdk: Sdk;
  beforeEach(() => {
    sdk = installSdk();
  });
  afterEach(() => sdk.uninstall());

  /** Each value by the last words of its metric's name, for a destination of this id. */
  async function shown(id = 'kafka'): Promise<Record<string, unknown>> {
    const found = [...(await sdk.collect())].flatMap(([name, points]) =>
      points
        .filter(({ attributes }) => attributes['walkeros.destination.id'] === id)
        .map(({ value }) => [name.replace('walkeros.kafka.', ''), value]),
    );
    return Object.fromEntries(found) as Record<string, unknown>;
  }

  it('tell ages in seconds, and none below zero where the clock was set back', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: noon });
    let health = healthOf({
      lastAcknowledgedAt: secondsBefore(12.5),
      spool: { records: 3, bytes: 30, limit: 300, oldest: secondsBefore(90) },
    });
    createMetering('kafka')?.observe(() => health);
    assert.deepEqual(await shown(), {
      connected: 1,
      'acknowledgement.age': 12.5,
      'buffer.messages': 7,
      'buffer.usage': 70,
      'buffer.limit': 700,
      'spool.messages': 3,
      'spool.usage': 30,
      'spool.limit': 300,
      'spool.age': 90,
    });
    health = healthOf({
      lastAcknowledgedAt: secondsBefore(-5),
      spool: { records: 3, bytes: 30, limit: 300, oldest: secondsBefore(-5) },
    });
    const { 'acknowledgement.age': acknowledged, 'spool.age': spooled } = await shown();
    assert.deepEqual([acknowledged, spooled], [0, 0]);
  });

  // Of two flows in a process, each with a destination "kafka", the gauges showed the one that was opened last: all was
  // well while the other had lost its cluster.
  it('show the worst, and all that waits, of destinations with the same id', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: noon });
    let first = healthOf({
      connected: false,
      lastAcknowledgedAt: secondsBefore(40),
      spool: { records: 3, bytes: 30, limit: 300, oldest: secondsBefore(90) },
    });
    let second = healthOf({ waiting: { records: 1, bytes: 10, limit: 100 } });
    const stopFirst = createMetering('kafka')?.observe(() => first);
    createMetering('kafka')?.observe(() => second);
    createMetering('other')?.observe(() => healthOf({ id: 'other' }));
    const both = {
      connected: 0,
      'acknowledgement.age': 40,
      'buffer.messages': 8,
      'buffer.usage': 80,
      'buffer.limit': 800,
      'spool.messages': 3,
      'spool.usage': 30,
      'spool.limit': 300,
      'spool.age': 90,
    };
    assert.deepEqual(await shown(), both);
    [first, second] = [second, first];
    assert.deepEqual(await shown(), both);
    first = healthOf({
      lastAcknowledgedAt: secondsBefore(2),
      spool: { records: 4, bytes: 40, limit: 300, oldest: secondsBefore(100) },
    });
    assert.deepEqual(await shown(), {
      connected: 0,
      'acknowledgement.age': 40,
      'buffer.messages': 14,
      'buffer.usage': 140,
      'buffer.limit': 1_400,
      'spool.messages': 7,
      'spool.usage': 70,
      'spool.limit': 600,
      'spool.age': 100,
    });
    second = healthOf({ spool: { records: 0, bytes: 0, limit: 300, oldest: undefined } });
    assert.equal((await shown())['connected'], 1);
    assert.equal((await shown())['spool.age'], 100);
    assert.equal((await shown('other'))['buffer.messages'], 7);
    // The one that closed is no longer the worst.
    first = healthOf({ connected: false });
    stopFirst?.();
    assert.deepEqual([(await shown())['connected'], (await shown())['buffer.messages']], [1, 7]);
  });

  it('ask a destination that closed once more, and then never again', async () => {
    let asked = 0;
    const stop = createMetering('kafka')?.observe(() => {
      asked++;
      return healthOf();
    });
    await sdk.collect();
    stop?.();
    await sdk.collect();
    assert.equal(asked, 2);
    await sdk.collect();
    await sdk.collect();
    assert.equal(asked, 2);
  });

  // Each flow that replaces another leaves one behind, and so do its spool and its buffer in memory.
  it('ask one that closed beside another of its id never again, and let go of it', async (t) => {
    const meter = metrics.getMeter('walkeros-destination-kafka');
    const removed = t.mock.method(meter, 'removeBatchObservableCallback');
    let asked = 0;
    const stop = createMetering('kafka')?.observe(() => {
      asked++;
      return healthOf();
    });
    createMetering('kafka')?.observe(() => healthOf());
    stop?.();
    await sdk.collect();
    assert.equal(asked, 0);
    assert.equal(removed.mock.callCount(), 1);
  });

  /** Its pushes failed, and there was no metric at all: no alert fired, of all times when nothing was delivered. */
  it('show a destination that could not open as not connected, until it can, and its pushes are counted', async () => {
    const path = join(tempFolder(), 'kafka.spool');
    mkdirSync(path);
    const kafka = { brokers: ['b1:9092'], topic: 'events' };
    const flow = await runFlow({ kafka, spool: { path } });
    await flow.push(event());
    await flow.push(event());
    const rejected = async () => (await sdk.collect()).get('walkeros.kafka.rejected.messages');
    const of = { 'walkeros.destination.id': 'kafka', 'error.type': 'SPOOL_UNAVAILABLE' };
    assert.deepEqual(await rejected(), [{ attributes: of, value: 2 }]);
    const { connected, 'buffer.limit': limit } = await shown();
    assert.deepEqual([connected, limit], [0, 33_554_432]);
    rmdirSync(path);
    await eventually('it opens', async () => (await shown())['spool.limit'] !== undefined);
    await flow.stop();
    assert.equal((await shown())['buffer.limit'], 0);

    const wrong = await runFlow({ kafka: { ...kafka, acks: 2 as 1 } }, {}, 'wrong');
    await wrong.push(event());
    await wrong.stop();
    assert.deepEqual((await rejected())?.slice(1), [
      { attributes: { 'walkeros.destination.id': 'wrong', 'error.type': 'SETTINGS_INVALID' }, value: 1 },
    ]);
  });
});
