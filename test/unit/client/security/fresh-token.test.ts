import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { freshToken, type Token } from '../../../../src/client/security/fresh-token.ts';
import { Secret } from '../../../../src/vocabulary/secret.ts';

/** A source of tokens of 900 s, `token-1`, `token-2`, …, whose clock stands where the test puts it. */
function source() {
  const state = { now: 1_000_000, fetched: 0, broken: false, slow: Promise.resolve() };
  const token = freshToken(
    async (): Promise<Token> => {
      state.fetched += 1;
      await state.slow;
      if (state.broken) throw new Error('the issuer is down');
      const value = new Secret(`token-${state.fetched}`);
      return { value, issuedAt: state.now, expiresAt: state.now + 900_000 };
    },
    () => state.now,
  );
  return { state, ask: async () => (await token()).reveal() };
}

describe('freshToken', () => {
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

  it('gives the old token while it lives when no new one is to be had, and asks again', async () => {
    const { state, ask } = source();
    await ask();
    state.broken = true;
    state.now += 700_000;
    assert.equal(await ask(), 'token-1');
    assert.equal(await ask(), 'token-1');
    assert.equal(state.fetched, 3);
    state.broken = false;
    assert.equal(await ask(), 'token-4');
  });

  it('fails once the old token is dead, for all who ask, and tries again for the next', async () => {
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
    state.broken = false;
    assert.equal(await ask(), 'token-4');
  });

  it('fails at first when there is no token at all', async () => {
    const { state, ask } = source();
    state.broken = true;
    await assert.rejects(ask(), { message: 'the issuer is down' });
  });
});
