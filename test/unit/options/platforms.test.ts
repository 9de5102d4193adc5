import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolveSetup } from '../../../src/options/resolve-setup.ts';
import { resolveOptions } from '../../../src/options/resolve.ts';
import { filledSettings } from '../../support/filled-settings.ts';
import { platformFlows } from '../../support/platform-flows.ts';

describe('the flows of docs/platforms', () => {
  const flows = platformFlows();

  it('are there for each platform', () => {
    assert.deepEqual(
      flows.map(({ name }) => name),
      [
        ...['aiven 1', 'aiven 2', 'aws-msk 1', 'aws-msk 2', 'confluent-cloud 1', 'confluent-cloud 2'],
        ...['redpanda 1', 'self-managed 1', 'self-managed 2'],
      ],
    );
  });

  for (const { name, destination } of flows) {
    it(`${name}: no rule objects, none warns, and setup covers its topics`, () => {
      const { settings, setup } = destination.config;
      const { options, warnings } = resolveOptions(filledSettings(settings), { environment: {} });
      assert.deepEqual(warnings, []);
      assert.deepEqual(resolveSetup(setup, options, { id: 'kafka' })?.warnings ?? [], []);
    });
  }
});
