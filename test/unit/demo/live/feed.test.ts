import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Arrival } from '../../../../demo/live/arrival.ts';
import { Feed, tracksOf } from '../../../../demo/live/feed.ts';
import { RecentRecords } from '../../../../demo/live/recent.ts';

const tracks = tracksOf(
  new Map([
    ['events', [0, 0]],
    ['orders', [0]],
  ]),
);

function feedAt(time: { now: number }, random: () => number = () => 0.5) {
  const recent = new RecentRecords(1_000_000);
  return { feed: new Feed({ tracks, recent, now: () => time.now, random }), recent };
}

function arrival(
  offset: number,
  { topic = 'events', partition = 1, timestamp = 1000, value = '{}' } = {},
): Arrival {
  return {
    topic,
    partition,
    offset,
    timestamp,
    key: Buffer.from('s-1'),
    headers: [],
    value: Buffer.from(value),
  };
}

describe('Feed', () => {
  it('shows every record of a quiet track, with its way here in ms', () => {
    const time = { now: 1040 };
    const { feed } = feedAt(time);
    feed.take(arrival(7, { value: '{"data":{"name":"Kettle"},"name":"product view"}' }));
    feed.take(arrival(3, { topic: 'orders', partition: 0, value: '{"event":"order complete"}' }));
    time.now = 1100;
    assert.deepEqual(feed.tick(), {
      landed: [0, 1, 1],
      records: [
        { track: 1, offset: 7, key: 's-1', name: 'product view', at: 1040, latency: 40, bytes: 51 },
        { track: 2, offset: 3, key: 's-1', name: 'order complete', at: 1040, latency: 40, bytes: 29 },
      ],
    });
    assert.deepEqual(feed.tick(), { landed: [0, 0, 0], records: [] });
  });

  it('counts all of a loud track, shows eight in the order of their offsets, and drowns no quiet one', () => {
    let turn = 0;
    const { feed } = feedAt({ now: 1000 }, () => (turn++ * 0.37) % 1);
    for (let offset = 0; offset < 500; offset++) feed.take(arrival(offset));
    feed.take(arrival(3, { topic: 'orders', partition: 0 }));
    const { landed, records } = feed.tick();
    assert.deepEqual(landed, [0, 500, 1]);
    const loud = records.filter(({ track }) => track === 1).map(({ offset }) => offset);
    assert.equal(loud.length, 8);
    assert.deepEqual(
      loud,
      loud.toSorted((a, b) => a - b),
    );
    assert.ok((loud[7] ?? 0) > 100, `not only the first ones: ${loud.join()}`);
    assert.equal(records.filter(({ track }) => track === 2).length, 1);
  });

  it('closes a second with its number and latencies, and leaves out times that say nothing', () => {
    const time = { now: 100_000 };
    const { feed } = feedAt(time);
    for (let n = 1; n <= 100; n++) feed.take(arrival(n, { timestamp: time.now - n }));
    feed.take(arrival(101, { timestamp: time.now + 5000 }));
    feed.take(arrival(102, { timestamp: -1 }));
    feed.take(arrival(103, { timestamp: 1 - 3_600_000 }));
    time.now = 101_000;
    assert.deepEqual(feed.second(4), { at: 101_000, landed: 103, p50: 51, p99: 100, waiting: 4 });
    assert.deepEqual(feed.second(0), { at: 101_000, landed: 0, p50: null, p99: null, waiting: 0 });
    assert.equal(feed.history.seconds.length, 2);
  });

  it('gives a view that has just come the last sixty records', () => {
    const { feed } = feedAt({ now: 1000 });
    for (let offset = 0; offset < 100; offset++) {
      feed.take(arrival(offset));
      feed.tick();
    }
    const offsets = feed.history.records.map(({ offset }) => offset);
    assert.deepEqual([offsets.length, offsets[0], offsets[59]], [60, 40, 99]);
  });

  it('takes a value that is no event for what it is, and leaves other topics out', () => {
    const { feed } = feedAt({ now: 1000 });
    for (const value of ['not JSON', '7', '{"name":7}', '']) feed.take(arrival(1, { value }));
    feed.take(arrival(1, { topic: 'elsewhere' }));
    const { landed, records } = feed.tick();
    assert.deepEqual(landed, [0, 4, 0]);
    assert.deepEqual(
      records.map(({ name }) => name),
      ['–', '–', '–', '–'],
    );
  });
});

describe('RecentRecords', () => {
  it('keeps what was shown whole, the newest, within its bytes', () => {
    const recent = new RecentRecords(1000);
    const value = 'x'.repeat(297);
    for (let offset = 0; offset < 5; offset++) recent.add(arrival(offset, { value }));
    const place = { topic: 'events', partition: 1 };
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((offset) => recent.find({ ...place, offset }) !== undefined),
      [false, false, true, true, true],
    );
    assert.deepEqual(recent.find({ ...place, offset: 4 }), {
      ...place,
      offset: 4,
      timestamp: 1000,
      key: 's-1',
      headers: [],
      value,
      valueBytes: 297,
    });
  });

  it('shows a very large value by its beginning', () => {
    const recent = new RecentRecords(1000);
    recent.add(arrival(1, { value: 'x'.repeat(400_000) }));
    const found = recent.find({ topic: 'events', partition: 1, offset: 1 });
    assert.deepEqual([found?.value?.length, found?.valueBytes], [65_536, 400_000]);
  });
});
