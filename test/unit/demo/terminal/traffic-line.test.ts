import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Second, Status } from '../../../../demo/live/message.ts';
import { plain } from '../../../../demo/terminal/paint.ts';
import { TrafficLines } from '../../../../demo/terminal/traffic-line.ts';

const ledger = { taken: 1312, inKafka: 1312, deadLetters: 0, refused: 0, waiting: 0 };
const status: Status = { broker: 'running', reading: true, replay: 0, ledger };
const second: Second = {
  at: new Date(2026, 0, 1, 12, 1, 5).getTime(),
  landed: 312,
  p50: 8.4,
  p99: 22,
  waiting: 0,
};
const quiet: Second = { ...second, landed: 0, p50: null, p99: null };

describe('the line of a second', () => {
  it('tells what landed, how long it took and what waits', () => {
    const lines = new TrafficLines();
    assert.equal(
      lines.next(second, status, plain),
      '  12:01:05     312/s      1,312 in Kafka  8 ms, p99 22 ms',
    );
    const outage = {
      ...status,
      broker: 'stopped',
      ledger: { ...ledger, deadLetters: 2, waiting: 40 },
    } as const;
    assert.equal(
      lines.next(quiet, outage, plain),
      '  12:01:05       0/s      1,312 in Kafka                          40 waiting, 2 dead letters, broker stopped',
    );
  });

  it('is left out while nothing happens', () => {
    const lines = new TrafficLines();
    lines.next(second, status, plain);
    assert.notEqual(lines.next(quiet, status, plain), undefined);
    assert.equal(lines.next(quiet, status, plain), undefined);
    assert.notEqual(lines.next(quiet, { ...status, broker: 'stopped' }, plain), undefined);
  });
});
