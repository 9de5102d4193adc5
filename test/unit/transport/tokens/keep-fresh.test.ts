import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keepFresh } from '../../../../src/transport/tokens/keep-fresh.ts';

/** A source of tokens of 900 s, `token-1`, `token-2`, …, whose clock stands where the test puts it. */
function source() {
  const state = { now: 1_000_000, fetched: 0, broken: false, slow: Promise.resolve() };
  const ask = keepFresh(
    async () => {
      state.fetched += 1;
      const value = `token-${state.fetched}`;
      await state.slow;
      if (state.broken) throw new Error('the issuer is down');
      return { value, issuedAt: state.now, expiresAt: state.now + 900_000 };
    },
    () => state.now,
  );
  return { state, ask };
}

describe('keepFresh', () => {
  it('keeps a token for two thirds of its life', async () => {
    const { state, ask } = source();
    assert.equal(await ask(), 'token-1');
    state.now += 599_999;
    assert.equal(await ask(), 'token-1');
    state.now += 1;
    assert.equal(await ask(), 'token-2');
    state.now += 599_999;
    assert.equal(await ask(), 'token-2');
    assert.equal(state.fetched, 2);
  });

  it('fetches once for all who ask at the same time', async () => {
    const { state, ask } = source();
    const all = await Promise.all(Array.from({ length: 50 }, ask));
    assert.deepEqual(new Set(all), new Set(['token-1']));
    state.now += 700_000;
    const next = await Promise.all(Array.from({ length: 50 }, ask));
    assert.deepEqual(new Set(next), new Set(['token-2']));
    assert.equal(state.fetched, 2);
  });

  it('gives the old token while it lives when no new one is to be had, and asks again after growing pauses', async () => {
    const { state, ask } = source();
    await ask();
    state.broken = true;
    state.now += 700_000;
    const asked: number[] = [];
    const begun = state.now;
    for (; state.now < begun + 30_000; state.now += 100) {
      const before = state.fetched;
      assert.equal(await ask(), 'token-1');
      if (state.fetched > before) asked.push(state.now - begun);
    }
    assert.deepEqual(asked, [0, 500, 1_500, 3_500, 7_500, 12_500, 17_500, 22_500, 27_500]);
    state.broken = false;
    state.now = begun + 32_500;
    assert.equal(await ask(), 'token-11');
  });

  it('does not wait long for a new token while the old one lives', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { state, ask } = source();
    await ask();
    state.now += 700_000;
    let arrive = (): void => undefined;
    state.slow = new Promise((resolve) => (arrive = resolve));
    const answer = ask();
    t.mock.timers.tick(500);
    assert.equal(await answer, 'token-1');
    arrive();
    await new Promise(setImmediate);
    assert.equal(await ask(), 'token-2');
  });

  it('fails once the old token is dead, for all who ask, and tries again after a pause', async () => {
    const { state, ask } = source();
    await ask();
    state.broken = true;
    state.now += 900_000;
    const answers = await Promise.allSettled([ask(), ask(), ask()]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      ['rejected', 'rejected', 'rejected'],
    );
    assert.equal(state.fetched, 2);
    await assert.rejects(ask(), { message: 'the issuer is down' });
    assert.equal(state.fetched, 2);
    state.broken = false;
    state.now += 500;
    assert.equal(await ask(), 'token-3');
  });

  it('takes a token for dead a moment before it dies, for it is still to reach the broker', async () => {
    const { state, ask } = source();
    await ask();
    state.broken = true;
    state.now += 894_999;
    assert.equal(await ask(), 'token-1');
    state.now += 1;
    await assert.rejects(ask(), { message: 'the issuer is down' });
  });

  it('fails at first when there is no token at all', async () => {
    const { state, ask } = source();
    state.broken = true;
    await assert.rejects(ask(), { message: 'the issuer is down' });
  });

  // Set back by an hour, the wall clock kept an old password for that hour, and threw an old failure at each login.
  it('fetches anew where the wall clock was set back', async () => {
    const { state, ask } = source();
    state.now = 10_000_000;
    await ask();
    state.now -= 3_600_000;
    assert.equal(await ask(), 'token-2');
    assert.equal(await ask(), 'token-2');
  });

  it('asks a source that failed again where the wall clock was set back', async () => {
    const { state, ask } = source();
    state.now = 10_000_000;
    state.broken = true;
    await assert.rejects(ask(), { message: 'the issuer is down' });
    state.broken = false;
    state.now -= 3_600_000;
    assert.equal(await ask(), 'token-2');
  });
});
