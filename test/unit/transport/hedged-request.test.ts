import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hedgedRequest } from '../../../src/transport/cluster.ts';

const never = new Promise<never>(() => undefined);

describe('hedgedRequest', () => {
  it('asks the first only, when it answers', async () => {
    const asked: string[] = [];
    const answer = await hedgedRequest(['a', 'b'], 1000, (name) => {
      asked.push(name);
      return Promise.resolve(`${name} says yes`);
    });
    assert.deepEqual([answer, asked], ['a says yes', ['a']]);
  });

  it('asks the next at once when one fails', async () => {
    const started = performance.now();
    const answer = await hedgedRequest(['a', 'b', 'c'], 60_000, (name) =>
      name === 'c' ? Promise.resolve('yes') : Promise.reject(new Error(name)),
    );
    assert.equal(answer, 'yes');
    assert.ok(performance.now() - started < 30_000);
  });

  it('asks the next when one says nothing for too long', async () => {
    assert.equal(
      await hedgedRequest(['frozen', 'well'], 20, (name) =>
        name === 'well' ? Promise.resolve(name) : never,
      ),
      'well',
    );
  });

  it('still takes an answer that comes late', async () => {
    const late = Promise.withResolvers<string>();
    const answer = hedgedRequest(['late', 'gone'], 10, (name) => {
      if (name === 'late') return late.promise;
      late.resolve('after all');
      return Promise.reject(new Error('gone'));
    });
    assert.equal(await answer, 'after all');
  });

  // The connection that said nothing failed when its client closed, minutes after another broker had answered: the next
  // one was asked then, on a socket that nobody closed any more.
  it('asks nobody more once it has its answer', async () => {
    const asked: string[] = [];
    const silent = Promise.withResolvers<string>();
    const answer = await hedgedRequest(['silent', 'well', 'next'], 10, (name) => {
      asked.push(name);
      return name === 'silent' ? silent.promise : Promise.resolve(name);
    });
    silent.reject(new Error('Connection closed'));
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.deepEqual([answer, asked], ['well', ['silent', 'well']]);
  });

  it('rejects with every failure', async () => {
    const failure = await hedgedRequest(['a', 'b'], 1000, (name) => Promise.reject(new Error(name))).catch(
      (error: unknown) => error,
    );
    assert.ok(failure instanceof AggregateError);
    assert.deepEqual(failure.errors.map(String), ['Error: a', 'Error: b']);
  });
});
