import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KafkaError } from '../../src/model/errors.ts';
import type { KafkaRecord } from '../../src/model/record.ts';
import { unassigned, type SpooledRecord, type NotedBatch, type Spool } from '../../src/model/spool.ts';
import { spoolSubjects } from './spool-subjects.ts';

const place = { topic: 'events', partition: 0 };

function record(value: string, { topic = 'events', key = 'k' } = {}): KafkaRecord {
  return {
    topic,
    key: Buffer.from(key),
    value: Buffer.from(value),
    headers: { 'content-type': 'application/json', team: 'wéb' },
    timestamp: 1_700_000_000_123,
  };
}

/** Appends and waits until the disk has it. Resolves to the error's code where it was not kept. */
function keep(spool: Spool, id: number, kept: KafkaRecord, partition = 0): Promise<string> {
  return new Promise((resolve) =>
    spool.append(id, kept, partition, (error) => resolve(error?.code ?? 'kept')),
  );
}

/** A batch of partition 0 with these records, as `record` makes them. */
function inDoubt(ids: number[], { partition = 0, firstSequence = 41 } = {}): NotedBatch {
  return {
    topic: 'events',
    partition,
    producerId: 2n ** 53n + 1n,
    producerEpoch: 7,
    firstSequence,
    ids,
    records: ids.map((id) => record(`v${id}`)),
    notedAt: new Date(1_700_000_000_456),
  };
}

const note = (spool: Spool, ...batches: NotedBatch[]): Promise<void> =>
  new Promise((resolve) => spool.noteInDoubt(batches, resolve));

const texts = (kept: readonly SpooledRecord[]) =>
  kept.map(({ id, record }) => `${id} ${String(record.value)}`);
const all = (spool: Spool, at = place) => texts(spool.read(at, 0, 1_000_000));

for (const subject of spoolSubjects) {
  describe(`spool: ${subject.name}`, () => {
    it('gives back after a restart what was kept, byte for byte', async () => {
      const disk = subject.disk();
      const first = await disk.open();
      assert.equal(first.lastId, 0);
      const headers = { 'content-type': 'application/json', team: 'wéb', id: Buffer.from([0, 255]) };
      const original = {
        ...record('x'),
        key: Buffer.from([0, 255, 10]),
        value: Buffer.from([1, 0, 254]),
        headers,
      };
      assert.equal(await keep(first, 7, original, 3), 'kept');
      await first.close();

      const second = await disk.open();
      assert.equal(second.lastId, 7);
      assert.deepEqual(second.places(), [{ topic: 'events', partition: 3, records: 1 }]);
      const [kept] = second.read({ topic: 'events', partition: 3 }, 0, 1_000);
      assert.equal(kept?.id, 7);
      assert.deepEqual(kept.record.key, Buffer.from([0, 255, 10]));
      assert.deepEqual(kept.record.value, Buffer.from([1, 0, 254]));
      assert.deepEqual(kept.record.headers, headers);
      assert.equal(kept.record.timestamp, 1_700_000_000_123);
      assert.equal(kept.record.topic, 'events');
      await second.close();
    });

    it('gives back no key and no value as none, not as empty, and in a batch in doubt too', async () => {
      const disk = subject.disk();
      const first = await disk.open();
      const nulls: KafkaRecord[] = [
        { ...record('v'), key: null },
        { ...record(''), value: null },
        { ...record(''), key: null, value: null },
        record('', { key: '' }),
      ];
      for (const [index, one] of nulls.entries())
        assert.equal(await keep(first, index + 1, one, unassigned), 'kept');
      const { bytes } = first.level();
      await first.close();

      const second = await disk.open();
      assert.equal(second.level().bytes, bytes);
      const chosen = (key: Buffer | null) => (key === null ? 5 : key.length);
      assert.equal(second.assign('events', 6, chosen, 9), 'done');
      const read = (partition: number) =>
        second.read({ topic: 'events', partition }, 0, 1_000_000).map(({ id, record }) => [id, record]);
      assert.deepEqual(read(5), [
        [1, nulls[0]],
        [3, nulls[2]],
      ]);
      assert.deepEqual(read(1), [[2, nulls[1]]]);
      assert.deepEqual(read(0), [[4, nulls[3]]]);
      await note(second, {
        ...inDoubt([1, 3], { partition: 5 }),
        records: nulls.filter(({ key }) => key === null),
      });
      await second.close();

      const third = await disk.open();
      const batches = third.batchesInDoubt();
      assert.deepEqual(
        batches.map((batch) => third.readInDoubt(batch)?.map(({ id }) => id)),
        [[1, 3]],
      );
      await third.close();
    });

    it('tells how much it holds, and since when, also after a restart', async () => {
      const disk = subject.disk();
      const first = await disk.open(700);
      assert.deepEqual(first.level(), { records: 0, bytes: 0, oldest: undefined });
      const before = Date.now();
      for (const id of [1, 2, 3]) assert.equal(await keep(first, id, record('value')), 'kept');
      const { bytes, oldest } = first.level();
      assert.ok(oldest && oldest.getTime() >= before && oldest.getTime() <= Date.now());
      assert.equal(await keep(first, 4, record('x'.repeat(700))), 'SPOOL_FULL');
      assert.deepEqual(first.level(), { records: 3, bytes, oldest });
      first.remove(2, record('value'));
      first.refuse(3, new KafkaError('RECORD_REJECTED', 'No.'));
      await first.close();

      const second = await disk.open(700);
      assert.deepEqual(second.level(), { records: 2, bytes: (bytes * 2) / 3, oldest });
      second.remove(1, record('value'));
      second.remove(3, record('value'));
      assert.equal(second.level().records, 0);
      assert.equal(second.level().bytes, 0);
      await second.close();
    });

    it('reads each place in the order of ids, whatever the order of appends, and shows what is still on its way', async () => {
      const spool = await subject.disk().open();
      const late = keep(spool, 3, record('c'));
      const early = keep(spool, 1, record('a'));
      const elsewhere = keep(spool, 2, record('b'), 1);
      assert.deepEqual(all(spool), ['1 a', '3 c']);
      assert.deepEqual(await Promise.all([late, early, elsewhere]), ['kept', 'kept', 'kept']);
      assert.deepEqual(all(spool), ['1 a', '3 c']);
      assert.deepEqual(texts(spool.read(place, 1, 1_000)), ['3 c']);
      assert.deepEqual(all(spool, { topic: 'events', partition: 1 }), ['2 b']);
      assert.deepEqual(all(spool, { topic: 'other', partition: 0 }), []);
      await spool.close();
    });

    it('reads as much as fits, and at least one record', async () => {
      const spool = await subject.disk().open();
      await Promise.all([1, 2, 3].map((id) => keep(spool, id, record('x'.repeat(1_000)))));
      assert.equal(spool.read(place, 0, 1).length, 1);
      assert.equal(spool.read(place, 0, 2_500).length, 2);
      assert.equal(spool.read(place, 0, 1_000_000).length, 3);
      await spool.close();
    });

    it('forgets what was removed, also across a restart, and never tells of what was removed before it was kept', async () => {
      const disk = subject.disk();
      const spool = await disk.open();
      await Promise.all([1, 2, 3, 4].map((id) => keep(spool, id, record(`v${id}`))));
      spool.remove(1, record('v1'));
      spool.remove(3, record('v3'));
      let told = false;
      spool.append(5, record('v5'), 0, () => (told = true));
      spool.remove(5, record('v5'));
      assert.deepEqual(all(spool), ['2 v2', '4 v4']);
      assert.equal(await keep(spool, 6, record('v6')), 'kept');
      assert.equal(told, false);
      await spool.close();
      const again = await disk.open();
      assert.deepEqual(all(again), ['2 v2', '4 v4', '6 v6']);
      await again.close();
    });

    it('keeps a refused record, passes it over, and lets it wait again after a restart', async () => {
      const disk = subject.disk();
      const spool = await disk.open();
      await Promise.all([1, 2].map((id) => keep(spool, id, record(`v${id}`))));
      spool.refuse(1, new KafkaError('RECORD_REJECTED', 'no'));
      assert.deepEqual(all(spool), ['2 v2']);
      spool.remove(2, record('v2'));
      assert.deepEqual(spool.places(), []);
      await spool.close();
      const again = await disk.open();
      assert.deepEqual(all(again), ['1 v1']);
      await again.close();
    });

    it('is full at maxBytes, says so, drops nothing, and takes records again once there is room', async () => {
      const disk = subject.disk();
      const spool = await disk.open(3_000);
      const value = 'x'.repeat(1_000);
      const fates = await Promise.all([1, 2, 3].map((id) => keep(spool, id, record(value))));
      assert.deepEqual(fates, ['kept', 'kept', 'SPOOL_FULL']);
      assert.equal(spool.read(place, 0, 1_000_000).length, 2);
      spool.remove(1, record(value));
      assert.equal(await keep(spool, 4, record(value)), 'kept');
      await spool.close();
      const again = await disk.open(3_000);
      assert.equal(await keep(again, 5, record(value)), 'SPOOL_FULL', 'what an earlier run left counts');
      await again.close();
    });

    it('gives the next process the batch in doubt of each partition, with its records as they were', async () => {
      const disk = subject.disk();
      const first = await disk.open();
      assert.deepEqual(first.batchesInDoubt(), []);
      await Promise.all([1, 2, 3, 900].map((id) => keep(first, id, record(`v${id}`))));
      await note(first, inDoubt([1, 2]), inDoubt([900], { partition: 1, firstSequence: 2 ** 31 - 1 }));
      await first.close();

      const second = await disk.open();
      const left = second.batchesInDoubt();
      assert.deepEqual(
        left.map(({ partition, producerId, producerEpoch, firstSequence, ids, notedAt }) => [
          ...[partition, producerId, producerEpoch, firstSequence, ids, notedAt.getTime()],
        ]),
        [
          [0, 2n ** 53n + 1n, 7, 41, [1, 2], 1_700_000_000_456],
          [1, 2n ** 53n + 1n, 7, 2 ** 31 - 1, [900], 1_700_000_000_456],
        ],
      );
      assert.deepEqual(
        left.map((batch) => texts(second.readInDoubt(batch) ?? [])),
        [['1 v1', '2 v2'], ['900 v900']],
      );
      await second.close();
    });

    it('notes one batch for a partition, and none once it is forgotten', async () => {
      const disk = subject.disk();
      const first = await disk.open();
      await Promise.all([1, 2, 3].map((id) => keep(first, id, record(`v${id}`))));
      await note(first, inDoubt([1]));
      first.forgetInDoubt(place);
      first.remove(1, record('v1'));
      await note(first, inDoubt([2]));
      await first.close();
      const second = await disk.open();
      assert.deepEqual(
        second.batchesInDoubt().map(({ ids }) => ids),
        [[2]],
      );
      second.forgetInDoubt(place);
      await second.close();
      const third = await disk.open();
      assert.deepEqual(third.batchesInDoubt(), []);
      assert.deepEqual(all(third), ['2 v2', '3 v3']);
      await third.close();
    });

    it('gives no batch of which a record is gone, refused or another one', async () => {
      const disk = subject.disk();
      const first = await disk.open();
      await Promise.all([1, 2, 3, 4].map((id) => keep(first, id, record(`v${id}`), id)));
      await note(first, ...[1, 2, 3, 4].map((id) => inDoubt([id], { partition: id })));
      first.remove(1, record('v1'));
      first.refuse(2, new KafkaError('RECORD_REJECTED', 'No.'));
      first.remove(3, record('v3'));
      // An older version, which knows nothing of batches in doubt, may give an id again.
      assert.equal(await keep(first, 3, record('other'), 3), 'kept');
      const left = first.batchesInDoubt().filter(({ partition }) => partition < 4);
      assert.deepEqual(
        left.map((batch) => first.readInDoubt(batch)),
        left.map(() => undefined),
      );
      await first.close();
    });

    it('answers a note although the record of a batch was not kept, and notes nothing', async () => {
      const disk = subject.disk();
      const spool = await disk.open(400);
      const small = keep(spool, 1, record('small'));
      const large = keep(spool, 2, record('x'.repeat(1_000)));
      await note(spool, inDoubt([1, 2]));
      assert.deepEqual(await Promise.all([small, large]), ['kept', 'SPOOL_FULL']);
      await spool.close();
      const again = await disk.open(400);
      assert.deepEqual(again.batchesInDoubt(), []);
      await again.close();
    });

    it('gives records without a partition one, a limited number at a time', async () => {
      const spool = await subject.disk().open();
      await Promise.all([
        keep(spool, 1, record('a', { key: '1' }), unassigned),
        keep(spool, 2, record('b', { key: '0' }), 9),
        keep(spool, 3, record('c', { key: '1' }), unassigned),
        keep(spool, 4, record('d', { key: '0' }), 0),
        keep(spool, 5, record('e', { topic: 'other' }), unassigned),
      ]);
      const choose = (key: Buffer | null) => Number(String(key));
      assert.equal(spool.assign('events', 2, choose, 2), 'more');
      const queues = () => [...all(spool), ...all(spool, { topic: 'events', partition: 1 })];
      assert.equal(queues().length, 3);
      assert.equal(spool.assign('events', 2, choose, 2), 'done');
      assert.deepEqual(queues(), ['2 b', '4 d', '1 a', '3 c']);
      assert.deepEqual(all(spool, { topic: 'other', partition: unassigned }), ['5 e']);
      await spool.close();
    });

    // Subtracted though never added: the level fell to nothing with a record inside, and maxBytes held no more.
    it('does not count as gone what it had turned away when the broker had it first, and tells nobody of it', async () => {
      const spool = await subject.disk().open(1_000);
      const large = record('x'.repeat(700));
      assert.equal(await keep(spool, 1, large), 'kept');
      const before = spool.level();
      let told = false;
      spool.append(2, large, 0, () => (told = true));
      spool.remove(2, large);
      assert.deepEqual(spool.level(), before);
      assert.equal(await keep(spool, 3, large), 'SPOOL_FULL');
      assert.equal(told, false);
      spool.remove(1, large);
      assert.equal(spool.level().records, 0);
      assert.equal(spool.level().bytes, 0);
      assert.equal(await keep(spool, 4, large), 'kept');
      await spool.close();
    });

    // It was told only when something else was appended.
    it('tells at once that it is full, also while it is at work on others', async () => {
      const spool = await subject.disk().open(1_000);
      const first = keep(spool, 1, record('x'.repeat(700)));
      await new Promise((resolve) => setImmediate(resolve));
      const second = keep(spool, 2, record('x'.repeat(700)));
      assert.deepEqual(await Promise.all([first, second]), ['kept', 'SPOOL_FULL']);
      await spool.close();
    });

    // Pushes were told that the destination had closed and nothing had their record; the next start sent it.
    it('drops what it has not told when it closes, and what was removed stays gone', async () => {
      const disk = subject.disk();
      const spool = await disk.open();
      await Promise.all([1, 2].map((id) => keep(spool, id, record(`v${id}`))));
      const written = keep(spool, 3, record('v3'));
      // Into the file, while the sync is still under way.
      spool.read(place, 0, 1_000_000);
      const onItsWay = keep(spool, 4, record('v4'));
      spool.remove(1, record('v1'));
      await Promise.all([spool.close(), spool.close()]);
      assert.deepEqual(await Promise.all([written, onItsWay]), ['SPOOL_FAILED', 'SPOOL_FAILED']);
      const again = await disk.open();
      assert.deepEqual(all(again), ['2 v2']);
      await again.close();
    });

    it('takes nothing after close', async () => {
      const spool = await subject.disk().open();
      assert.equal(await keep(spool, 1, record('a')), 'kept');
      await spool.close();
      assert.equal(await keep(spool, 2, record('b')), 'SPOOL_FAILED');
      spool.remove(1, record('a'));
    });
  });
}
