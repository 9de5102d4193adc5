import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { installSdk, type Point, type Sdk } from '../../support/otel.ts';
import { tempFolder } from '../../support/temp.ts';
import { recordOf, refused } from './reports.ts';
import { openOn, send } from './runtime.ts';

const id = { 'walkeros.destination.id': 'kafka' };

describe('metrics of the spool', () => {
  let sdk: Sdk;
  beforeEach(() => {
    sdk = installSdk();
  });
  afterEach(() => sdk.uninstall());
  const points = async (name: string): Promise<Point[]> => (await sdk.collect()).get(name) ?? [];
  const spoolIn = (folder: string) => ({ path: join(folder, 'spool.db') });

  it('show what lies there in an outage, and since when', async () => {
    const spool = { ...spoolIn(tempFolder()), mode: 'always' } as const;
    const { runtime, cluster } = await openOn({}, {}, { spool });
    assert.deepEqual(await points('walkeros.kafka.spool.messages'), [{ attributes: id, value: 0 }]);
    assert.deepEqual(await points('walkeros.kafka.spool.age'), [{ attributes: id, value: 0 }]);
    await send(runtime);
    await eventually('it is delivered', () => runtime.health().spool?.records === 0);
    cluster.cutOff();
    assert.equal(await send(runtime), undefined);
    assert.deepEqual(await points('walkeros.kafka.spool.messages'), [{ attributes: id, value: 1 }]);
    const [usage] = await points('walkeros.kafka.spool.usage');
    assert.ok(Number(usage?.value) > 2 && Number(usage?.value) < 200);
    assert.deepEqual(await points('walkeros.kafka.spool.limit'), [{ attributes: id, value: 1_073_741_824 }]);
    const [age] = await points('walkeros.kafka.spool.age');
    assert.ok(Number(age?.value) < 10);
    assert.equal(runtime.health().spool?.records, 1);

    cluster.restore();
    await eventually('so is the other', () => runtime.health().spool?.records === 0);
    assert.equal(cluster.records('events').length, 2);
    await runtime.close();
    assert.equal(runtime.health().spool, undefined);
  });

  /** Metric readers keep the last value: alerts on the spool of a closed destination went on until the process ended. */
  it('are 0 once the destination is closed in a process that goes on', async () => {
    const spool = { ...spoolIn(tempFolder()), mode: 'always' } as const;
    const { runtime, cluster } = await openOn({}, {}, { spool });
    cluster.cutOff();
    await send(runtime);
    assert.deepEqual(await points('walkeros.kafka.spool.messages'), [{ attributes: id, value: 1 }]);
    await runtime.close();
    for (const name of ['messages', 'usage', 'limit', 'age'])
      assert.deepEqual(await points(`walkeros.kafka.spool.${name}`), [{ attributes: id, value: 0 }], name);
  });

  it('are absent without one, at the end as well', async () => {
    const { runtime } = await openOn({}, {}, {});
    await points('walkeros.kafka.spool.messages');
    await runtime.close();
    assert.deepEqual(await points('walkeros.kafka.spool.messages'), []);
  });

  /** A flow that ended in an outage said nothing of what it left on the disk, which went with its volume. */
  it('are told in words at the end, where records stay', async () => {
    const folder = tempFolder();
    const spool = { ...spoolIn(folder), mode: 'always' } as const;
    const { runtime, cluster, log } = await openOn({}, {}, { spool });
    cluster.cutOff();
    await Promise.all([send(runtime), send(runtime)]);
    await runtime.close();
    assert.equal(log.at(-1), `info 2 records stay in the spool ${spool.path}.`);
    const next = await openOn({}, {}, { spool });
    await eventually('they are delivered', () => next.runtime.health().spool?.records === 0);
    await next.runtime.close();
    assert.ok(!next.log.some((line) => line.includes('in the spool /')), next.log.join('\n'));
  });

  it('count what it has no room for', async () => {
    const { runtime, cluster } = await openOn(
      {},
      { deliveryTimeout: 200 },
      { spool: { ...spoolIn(tempFolder()), maxBytes: 10 } },
    );
    cluster.cutOff();
    assert.notEqual(await send(runtime), undefined);
    assert.deepEqual(await points('walkeros.kafka.spool.failures'), [
      { attributes: { ...id, 'error.type': 'SPOOL_FULL' }, value: 1 },
    ]);
    await runtime.close();
  });

  it('count what it kept and the broker refuses', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const { runtime, cluster } = await openOn(
      { onProduce: () => held },
      {},
      { spool: { ...spoolIn(tempFolder()), mode: 'always' } },
    );
    cluster.failNext({ outcome: refused });
    assert.deepEqual(await runtime.producer.sendAll([recordOf()]), [undefined]);
    release();
    await eventually(
      'it is refused',
      async () => (await points('walkeros.kafka.spool.refused.messages')).length > 0,
    );
    assert.deepEqual(await points('walkeros.kafka.spool.refused.messages'), [
      {
        attributes: { ...id, 'messaging.destination.name': 'events', 'error.type': 'INVALID_RECORD' },
        value: 1,
      },
    ]);
    await runtime.close();
  });

  it('count what may be stored twice', async () => {
    const { runtime, log } = await openOn();
    runtime.notify({ kind: 'may-be-doubled', topic: 'events', partition: 3, records: 250 });
    assert.deepEqual(await points('walkeros.kafka.maybe_doubled.messages'), [
      { attributes: { ...id, 'messaging.destination.name': 'events' }, value: 250 },
    ]);
    await runtime.close();
    assert.deepEqual(
      log.filter((line) => line.includes('twice')),
      [
        'warn Kafka topic "events", partition 3: 250 records may be stored twice. Nobody knows whether the first request ' +
          'stored what it carried, and the broker cannot recognise it any more.',
      ],
    );
  });

  it('count a file that was damaged', async () => {
    const spool = spoolIn(tempFolder());
    // A spool was there before.
    writeFileSync(`${spool.path}-lock`, '');
    writeFileSync(spool.path, 'this is no database, '.repeat(500));
    const { runtime, log } = await openOn({}, {}, { spool });
    assert.deepEqual(await points('walkeros.kafka.spool.failures'), [{ attributes: id, value: 1 }]);
    assert.match(log.join('\n'), /^error The spool ".*" was damaged/m);
    await runtime.close();
  });
});
