import assert from 'node:assert/strict';
import { it } from 'node:test';
import { stopSignals } from '../../../../demo/terminal/signals.ts';

/** A terminal's Ctrl-C reaches the process directly and again through npm: that ended it at once, with records unread. */
it('one Ctrl-C that arrives twice is one, a later one is the second', () => {
  let now = 1000;
  const wishes: string[] = [];
  const signal = stopSignals(
    () => wishes.push('stop'),
    () => wishes.push('at once'),
    () => now,
  );
  signal();
  now = 1300;
  signal();
  assert.deepEqual(wishes, ['stop']);
  now = 1500;
  signal();
  assert.deepEqual(wishes, ['stop', 'at once']);
});
