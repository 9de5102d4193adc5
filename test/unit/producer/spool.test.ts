import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryDisk } from '../../support/memory-spool.ts';
import { errorOf, record, refused, setUp, watch } from './harness.ts';
import { start } from './spool-harness.ts';

const busy = { kind: 'retriable', refresh: false, mayHaveBeenWritten: false } as const;

describe('a record whose time is over', () => {
  it('goes to the spool, its push resolves before the deadline, and it is delivered when the cluster is back', async () => {
    const { clock, cluster, producer, kept, kinds, stored } = start();
    watch([producer.send(record('first'))]);
    await clock.advance(10);
    cluster.cutOff();
    const fates = watch([producer.send(record('a')), producer.send(record('b'))]);
    await clock.advance(6_900);
    assert.deepEqual([fates, kept()], [['pending', 'pending'], []]);
    await clock.advance(250);
    assert.deepEqual(
      [fates, kept()],
      [
        ['stored', 'stored'],
        ['a', 'b'],
      ],
    );
    await clock.advance(60_000);
    cluster.restore();
    await clock.advance(4_000);
    assert.deepEqual([stored(), kept()], [['first', 'a', 'b'], []]);
    assert.deepEqual(kinds(), ['spooling', 'spool-drained']);
  });

  it('leaves the spool when its request is acknowledged after all: no duplicate', async () => {
    let answer: (() => void) | undefined;
    const { clock, producer, kept, stored } = start(
      {},
      { onProduce: () => new Promise<void>((resolve) => (answer = resolve)) },
    );
    const fates = watch([producer.send(record('slow'))]);
    await clock.advance(7_200);
    assert.deepEqual([fates, kept()], [['stored'], ['slow']]);
    answer?.();
    await clock.advance(20_000);
    assert.deepEqual([stored(), kept()], [['slow'], []]);
  });

  it('makes its queue late: what comes behind it is spooled at once, and not in other queues', async () => {
    const { clock, cluster, producer, kept } = start({}, { topics: { events: 1, other: 1 } });
    cluster.moveLeader('other', 0, 2);
    watch([producer.send(record('e')), producer.send(record('o', { topic: 'other' }))]);
    await clock.advance(10);
    cluster.failNext({
      outcome: { kind: 'unreachable', error: refused('BROKER_UNREACHABLE') },
      topic: 'events',
      times: 99,
    });
    watch([producer.send(record('a'))]);
    await clock.advance(7_200);
    const fates = watch([producer.send(record('b')), producer.send(record('c', { topic: 'other' }))]);
    await clock.advance(10);
    assert.deepEqual(
      [fates, kept()],
      [
        ['stored', 'stored'],
        ['a', 'b'],
      ],
    );
  });

  it('or whose tries are used up goes there, too', async () => {
    const { clock, cluster, producer, kept, stored } = start({
      retry: { retries: 1, initialRetryTime: 100, maxRetryTime: 100 },
    });
    cluster.failNext({ outcome: { ...busy, error: refused('BROKER_BUSY') }, times: 4 });
    const fates = watch([producer.send(record('a'))]);
    await clock.advance(130);
    assert.deepEqual([fates, kept()], [['stored'], ['a']]);
    await clock.advance(1_000);
    assert.deepEqual([stored(), kept()], [['a'], []]);
  });
});

describe('memory and disk', () => {
  it('with no room in bufferMemory records go to the disk at once, and the order holds', async () => {
    const { clock, cluster, producer, kept, kinds, stored } = start({ bufferMemory: 100 });
    cluster.cutOff();
    const names = Array.from({ length: 9 }, (_, n) => `r${n}`);
    const fates = watch(names.map((name) => producer.send(record(name))));
    await clock.advance(20);
    // 27 bytes each: three are in memory, and wait for their deadline.
    assert.deepEqual(fates.filter((fate) => fate === 'pending').length, 3);
    assert.deepEqual(kept(), names.slice(3));
    cluster.restore();
    await clock.advance(5_000);
    assert.deepEqual([stored(), kept(), fates], [names, [], names.map(() => 'stored')]);
    assert.deepEqual([...new Set(kinds())], ['spooling', 'buffer-full', 'spool-drained']);
  });

  it('touches no disk while all is well', async () => {
    const { clock, producer, disk } = start();
    disk.fault = new Error('not to be touched');
    const fates = watch(Array.from({ length: 50 }, (_, n) => producer.send(record(`r${n}`))));
    await clock.advance(100);
    assert.deepEqual(new Set(fates), new Set(['stored']));
    await Promise.all([producer.close(100), clock.advance(200)]);
  });

  it('always: a push resolves once the disk has its record, however long Kafka takes, and waits for the disk', async () => {
    let answer: (() => void) | undefined;
    const { clock, producer, kept } = start(
      { always: true, diskLatency: 50 },
      { onProduce: () => new Promise<void>((resolve) => (answer = resolve)) },
    );
    const fates = watch([producer.send(record('a'))]);
    await clock.advance(45);
    assert.deepEqual(fates, ['pending']);
    await clock.advance(10);
    assert.deepEqual([fates, kept()], [['stored'], ['a']]);
    answer?.();
    await clock.advance(100);
    assert.deepEqual(kept(), []);
  });

  it('a restart delivers what was left, before what comes after it', async () => {
    const disk = new MemoryDisk();
    const first = start({ disk });
    first.cluster.cutOff();
    const fates = watch(['a', 'b'].map((name) => first.producer.send(record(name))));
    await Promise.all([first.producer.close(1_000), first.clock.advance(2_000)]);
    assert.deepEqual(
      [fates, first.kept()],
      [
        ['stored', 'stored'],
        ['a', 'b'],
      ],
    );
    assert.ok(!first.kinds().includes('left-behind'));

    const second = start({ disk });
    assert.deepEqual(second.notices, [{ kind: 'spool-left', topic: 'events', records: 2 }]);
    const later = watch([second.producer.send(record('c'))]);
    await second.clock.advance(200);
    assert.deepEqual([second.stored(), second.kept(), later], [['a', 'b', 'c'], [], ['stored']]);
  });
});

describe('a disk that does not take it', () => {
  it('full: the push rejects and says so, what is kept stays, and Kafka still gets what it can take', async () => {
    const { clock, cluster, producer, kept, kinds, stored } = start({ maxBytes: 70 });
    cluster.cutOff();
    const first = watch([producer.send(record('a'))]);
    const second = errorOf(producer.send(record('b')));
    await clock.advance(8_000);
    const { code, message } = await second;
    assert.equal(code, 'SPOOL_FULL');
    assert.match(
      message,
      /^Kafka topic "events": not acknowledged in time, and not kept either; the record was not written\. /,
    );
    assert.match(message, /The spool "memory" is full \(settings\.spool\.maxBytes, 70 bytes\)/);
    assert.deepEqual([first, kept()], [['stored'], ['a']]);
    assert.ok(kinds().includes('spool-failed'));
    cluster.restore();
    await clock.advance(5_000);
    const third = watch([producer.send(record('c'))]);
    await clock.advance(100);
    assert.deepEqual([stored(), third], [['a', 'c'], ['stored']]);
  });

  it('failing: the push rejects with the reason, and the next is kept once the disk is well', async () => {
    const { clock, cluster, producer, disk, kept, kinds } = start();
    disk.fault = new Error('database or disk is full');
    cluster.cutOff();
    const failed = errorOf(producer.send(record('a')));
    await clock.advance(8_000);
    const { code, message } = await failed;
    assert.equal(code, 'SPOOL_FAILED');
    assert.deepEqual(kinds(), ['spooling', 'spool-failed', 'gave-up']);
    assert.match(message, /database or disk is full\. Make room on its disk; the next push tries again\./);
    disk.fault = undefined;
    const fates = watch([producer.send(record('b'))]);
    await clock.advance(8_000);
    assert.deepEqual([fates, kept()], [['stored'], ['b']]);
  });

  it('always, full or failing: what Kafka takes is no failure', async () => {
    const { clock, producer, disk, stored } = start({ always: true });
    disk.fault = new Error('EIO');
    const fates = watch([producer.send(record('a'))]);
    await clock.advance(100);
    assert.deepEqual([fates, stored()], [['stored'], ['a']]);
  });

  it('silent: the push rejects at its deadline all the same', async () => {
    const { clock, cluster, producer } = start({ diskLatency: 60_000, bufferMemory: 30 });
    cluster.cutOff();
    const failed = errorOf(producer.send(record('a')));
    const beside = watch([producer.send(record('b'))]);
    assert.deepEqual(producer.waiting, { records: 2, bytes: 52 });
    await clock.advance(8_150);
    const { code, message } = await failed;
    assert.equal(code, 'SPOOL_FAILED');
    assert.match(message, /the disk of settings\.spool\.path did not answer either/);
    assert.deepEqual([beside, producer.waiting], [['SPOOL_FAILED'], { records: 0, bytes: 0 }]);
    await Promise.all([producer.close(10), clock.advance(100_000)]);
  });
});

describe('a spooled record that the broker refuses', () => {
  const rejected = { kind: 'rejected', error: refused('RECORD_REJECTED', 'Not like this.') } as const;

  it('stays in the spool as refused, is reported, holds up nobody, and is tried again at the next start', async () => {
    const disk = new MemoryDisk();
    const { clock, cluster, producer, kinds, stored } = start({ disk, always: true, batchSize: 30 });
    cluster.delay(0);
    cluster.failNext({ outcome: { ...busy, error: refused('BROKER_BUSY') } });
    cluster.failNext({ outcome: rejected });
    const fates = watch([producer.send(record('a')), producer.send(record('b'))]);
    await clock.advance(3_000);
    assert.deepEqual([fates, stored()], [['stored', 'stored'], ['b']]);
    assert.deepEqual(
      [...disk.rows.values()].map(({ record, refused }) => [String(record.value), refused]),
      [['a', 'Not like this.']],
    );
    assert.deepEqual(kinds(), ['spool-refused']);
    await Promise.all([producer.close(10), clock.advance(20)]);

    const again = start({ disk });
    await again.clock.advance(100);
    assert.deepEqual([again.stored(), again.kept()], [['a'], []]);
  });

  // Its row, which was never there, was taken off the counts of the spool when its dead letter was stored.
  it('and that the disk did not take meanwhile has no row to be removed', async () => {
    const { clock, cluster, producer, disk, file, kinds, stored } = start(
      { always: true, deadLetterTopic: 'dead', diskLatency: 500 },
      { topics: { events: 1, dead: 1 } },
    );
    const removed: number[] = [];
    const remove = file.remove.bind(file);
    file.remove = (id) => {
      removed.push(id);
      remove(id);
    };
    disk.fault = new Error('scripted');
    cluster.failNext({ outcome: rejected, topic: 'events' });
    const away = { kind: 'unreachable', error: refused('BROKER_UNREACHABLE') } as const;
    cluster.failNext({ outcome: away, topic: 'dead', times: 3 });
    const fates = watch([producer.send(record('a'))]);
    await clock.advance(5_000);
    assert.deepEqual([fates, stored('dead'), removed], [['stored'], ['a'], []]);
    assert.ok(kinds().includes('spool-failed'));
  });

  // "Everything in the spool was delivered", of a spool with nothing but refused records.
  it('is not told as delivered', async () => {
    const { clock, cluster, producer, kept, notices } = start();
    cluster.cutOff();
    const fates = watch([producer.send(record('a'))]);
    await clock.advance(8_000);
    cluster.failNext({ outcome: rejected });
    cluster.restore();
    await clock.advance(4_000);
    assert.deepEqual([fates, kept()], [['stored'], ['a']]);
    assert.deepEqual(
      notices.filter(({ kind }) => kind === 'spool-drained'),
      [{ kind: 'spool-drained', topic: 'events', refused: 1 }],
    );
  });

  it('goes to the dead-letter topic where there is one, and leaves the spool', async () => {
    const { clock, cluster, producer, kept, kinds, stored } = start(
      { always: true, deadLetterTopic: 'dead' },
      { topics: { events: 1, dead: 1 } },
    );
    cluster.failNext({ outcome: { ...busy, error: refused('BROKER_BUSY') } });
    cluster.failNext({ outcome: rejected });
    const fates = watch([producer.send(record('a'))]);
    await clock.advance(3_000);
    assert.deepEqual([fates, stored(), stored('dead'), kept()], [['stored'], [], ['a'], []]);
    assert.deepEqual(kinds(), ['dead-lettered']);
  });
});

describe('a missing topic', () => {
  it('is no outage: its records are refused with what to do, and what the spool has of it waits for it', async () => {
    const { clock, cluster, producer, kept, stored } = start({
      retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000 },
    });
    cluster.cutOff();
    const early = watch([producer.send(record('a', { topic: 'late' }))]);
    await clock.advance(8_000);
    assert.deepEqual([early, kept()], [['stored'], ['a']]);
    cluster.restore();
    await clock.advance(20_000);
    const refusedNow = errorOf(producer.send(record('b', { topic: 'late' })));
    await clock.advance(1_000);
    assert.equal((await refusedNow).code, 'TOPIC_MISSING');
    assert.deepEqual(kept(), ['a']);
    cluster.createTopic('late', 1);
    await clock.advance(10_000);
    assert.deepEqual([stored('late'), kept()], [['a'], []]);
  });
});

describe('a login or certificate that is refused', () => {
  for (const code of ['AUTHENTICATION_FAILED', 'TLS_FAILED'] as const) {
    it(`${code}: without a spool the push rejects at once, for no waiting mends it`, async () => {
      const { clock, cluster, producer } = setUp();
      cluster.cutOff(refused(code));
      const fates = watch([producer.send(record('a'))]);
      await clock.advance(10);
      assert.deepEqual(fates, [code]);
    });

    // A password that is changed on the cluster before it is in the flow costs no event.
    it(`${code}: with a spool the record is spooled, and stored once it is put right`, async () => {
      const { clock, cluster, producer, kept, stored } = start();
      cluster.cutOff(refused(code));
      const fates = watch([producer.send(record('a'))]);
      await clock.advance(7_200);
      assert.deepEqual([fates, kept()], [['stored'], ['a']]);
      await clock.advance(60_000);
      assert.deepEqual(kept(), ['a']);
      cluster.restore();
      await clock.advance(40_000);
      assert.deepEqual([stored(), kept()], [['a'], []]);
    });
  }
});

// The disk refused the last one, and the log never said that all was delivered.
it('says that all was delivered where the last that the spool waited for is one that the disk refused', async () => {
  const { clock, producer, kinds } = start({ bufferMemory: 150, maxBytes: 300, diskLatency: 50 });
  const fates = watch(['a', 'b', 'c'].map((value) => producer.send(record(value.repeat(100)))));
  await clock.advance(40);
  assert.deepEqual(fates, ['stored', 'stored', 'pending']);
  await clock.advance(100);
  assert.deepEqual(fates, ['stored', 'stored', 'SPOOL_FULL']);
  assert.deepEqual(
    kinds().filter((kind) => kind.startsWith('spool')),
    ['spooling', 'spool-failed', 'spool-drained'],
  );
});
