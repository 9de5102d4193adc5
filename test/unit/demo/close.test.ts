import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { closeInTime, describe as lastLine, isComplete, type Closing } from '../../../demo/close.ts';

/** What is closed, writing down the order. */
function parts(steps: string[], { readBack }: Pick<Closing, 'readBack'>): Closing {
  let accepted = 2;
  const step = (name: string) => () => {
    steps.push(name);
    return Promise.resolve();
  };
  return {
    flow: {
      accepted: () => accepted,
      shutdown: () => {
        // What was in flight is acknowledged while the flow drains.
        accepted = 3;
        return step('flow')();
      },
    },
    reader: { stop: step('reader'), failed: new Promise<never>(() => undefined) },
    cluster: { stop: step('cluster'), direct: ['127.0.0.1:1'] },
    ends: new Map(),
    readBack,
    kept: () => Promise.resolve(0),
  };
}

describe('closeInTime', () => {
  it('ends the flow first, and the consumer only when it has read what was acknowledged until then', async () => {
    const steps: string[] = [];
    let read = 0;
    const summary = await closeInTime(parts(steps, { readBack: () => (read = Math.min(3, read + 0.5)) }));
    assert.deepEqual(steps, ['flow', 'reader', 'cluster']);
    assert.deepEqual(summary, { accepted: 3, readBack: 3, kept: 0, stored: undefined });
  });

  it('does not wait for what is kept on disk, for the broker that it waits for ends as well', async () => {
    const begin = performance.now();
    const kept = () => Promise.resolve(2);
    const summary = await closeInTime({ ...parts([], { readBack: () => 1 }), kept });
    assert.deepEqual(summary, { accepted: 3, readBack: 1, kept: 2, stored: undefined });
    assert.ok(performance.now() - begin < 2000);
  });

  it('does not wait for a consumer that has failed', async () => {
    const begin = performance.now();
    const steps: string[] = [];
    const closing = parts(steps, { readBack: () => 1 });
    const failed = Promise.reject<never>(new Error('ended'));
    failed.catch(() => undefined);
    const summary = await closeInTime({ ...closing, reader: { ...closing.reader, failed } });
    assert.deepEqual(summary, { accepted: 3, readBack: 1, kept: 0, stored: undefined });
    assert.deepEqual(steps, ['flow', 'reader', 'cluster']);
    assert.ok(performance.now() - begin < 3000);
  });
});

describe('the last line', () => {
  const cases = [
    [
      { accepted: 3, readBack: 3, kept: 0, stored: undefined },
      true,
      '3 accepted, 3 read back: nothing lost.',
    ],
    [
      { accepted: 3, readBack: 1, kept: 0, stored: 3 },
      true,
      '3 accepted, 1 read back; the consumer was not given the time for the rest, and Kafka holds 3: nothing lost.',
    ],
    [
      { accepted: 3, readBack: 1, kept: 0, stored: 2 },
      false,
      '3 accepted, 1 read back, and Kafka holds only 2: 1 lost.',
    ],
    [
      { accepted: 3, readBack: 1, kept: 0, stored: undefined },
      false,
      '3 accepted, 1 read back; Kafka did not say in time how many it holds.',
    ],
    [
      { accepted: 3, readBack: 1, kept: 2, stored: undefined },
      true,
      '3 accepted, 1 read back, 2 kept on disk until Kafka takes them: nothing lost.',
    ],
    [
      { accepted: 4, readBack: 1, kept: 2, stored: 1 },
      false,
      '4 accepted, 1 read back, and Kafka holds only 1: 1 lost.',
    ],
  ] as const;
  for (const [summary, complete, line] of cases) {
    it(line, () => {
      assert.equal(lastLine(summary), line);
      assert.equal(isComplete(summary), complete);
    });
  }
});
