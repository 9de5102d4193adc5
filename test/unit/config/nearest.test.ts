import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nearest } from '../../../src/config/problems.ts';

const names = ['brokers', 'topic', 'clientId', 'ssl', 'retries'];

describe('nearest', () => {
  const cases: [word: string, meant: string | undefined][] = [
    ['broker', 'brokers'],
    ['tpoic', undefined],
    ['topics', 'topic'],
    ['clientid', 'clientId'],
    ['SSL', 'ssl'],
    ['tls', undefined],
    ['retrys', 'retries'],
    ['bootstrapServers', undefined],
    ['', undefined],
  ];
  for (const [word, meant] of cases) {
    it(`takes "${word}" for ${meant ?? 'nothing'}`, () => {
      assert.equal(nearest(word, names), meant);
    });
  }

  it('takes the first of equals', () => {
    assert.equal(nearest('topix', ['topia', 'topic']), 'topia');
  });

  it('prefers the closest of several', () => {
    assert.equal(
      nearest('initialRetryTimes', ['maxRetryTime', 'initialRetryTime', 'retries']),
      'initialRetryTime',
    );
  });
});
