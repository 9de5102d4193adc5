import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { driftOf } from '../../../src/setup/topics.ts';

const declared = { name: 'orders', numPartitions: 6, replicationFactor: 3, configEntries: {} };
const shape = { numPartitions: 6, replicationFactor: 3 };

describe('drift', () => {
  it('is none where all is as declared, whatever else the broker has set', () => {
    const entries = { ...declared, configEntries: { 'cleanup.policy': 'delete' } };
    const config = new Map([
      ['cleanup.policy', 'delete'],
      ['retention.ms', '1'],
    ]);
    assert.deepEqual(driftOf(entries, shape, config), []);
  });

  it('names the topic, the field, and both values', () => {
    const configEntries = { 'retention.ms': '3600000', 'retention.millis': '1' };
    const config = new Map([['retention.ms', '604800000']]);
    assert.deepEqual(
      driftOf({ ...declared, configEntries }, { numPartitions: 3, replicationFactor: 1 }, config),
      [
        { topic: 'orders', field: 'numPartitions', declared: 6, actual: 3 },
        { topic: 'orders', field: 'replicationFactor', declared: 3, actual: 1 },
        { topic: 'orders', field: 'configEntries.retention.ms', declared: '3600000', actual: '604800000' },
        { topic: 'orders', field: 'configEntries.retention.millis', declared: '1', actual: null },
      ],
    );
  });

  const same = [
    ['TRUE', 'true'],
    ['0.50', '0.5'],
    // Java writes small doubles so, and setup warned of drift for ever.
    ['0.0001', '1.0E-4'],
    ['.00012', '1.2E-4'],
    ['1e-3', '0.001'],
    ['1', '1.0'],
    ['+007', '7'],
    ['compact, delete', 'compact,delete'],
    [' gzip ', 'gzip'],
    ['', ''],
  ] as const;
  for (const [written, kept] of same) {
    it(`is none between ${JSON.stringify(written)} and ${JSON.stringify(kept)}`, () => {
      assert.deepEqual(
        driftOf({ ...declared, configEntries: { e: written } }, shape, new Map([['e', kept]])),
        [],
      );
    });
  }

  const different = [
    ['9223372036854775807', '9223372036854775806'],
    ['0.0001', '1.0E-5'],
    ['0.00012', '1.0E-4'],
    ['compact,delete', 'delete'],
    ['gzip', 'GZIP'],
  ] as const;
  for (const [written, kept] of different) {
    it(`is one between ${written} and ${kept}`, () => {
      const drifts = driftOf({ ...declared, configEntries: { e: written } }, shape, new Map([['e', kept]]));
      assert.deepEqual(drifts, [
        { topic: 'orders', field: 'configEntries.e', declared: written, actual: kept },
      ]);
    });
  }
});
