import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { resolveSetup } from '../../../src/options/resolve-setup.ts';
import { resolveOptions } from '../../../src/options/resolve.ts';
import { platformFlows } from '../../support/platform-flows.ts';

const pem = (name: string): string =>
  readFileSync(new URL(`../../contract/tls/${name}.pem`, import.meta.url), 'utf8');
const [certificate, key] = [pem('certificate'), pem('key')];

/** As the walkerOS CLI resolves `$env.`, with certificates where files or variables stand for them. */
function filled(value: unknown, name = ''): unknown {
  if (typeof value === 'string') {
    if (['ca', 'cert'].includes(name)) return certificate;
    if (name === 'key' && /^\/|^\$env\./.test(value)) return key;
    return value.startsWith('$env.') ? 'a-value' : value;
  }
  if (Array.isArray(value)) return value.map((part: unknown) => filled(part));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([field, part]) => [field, filled(part, field)]));
}

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
      const { options, warnings } = resolveOptions(filled(settings), { environment: {} });
      assert.deepEqual(warnings, []);
      assert.deepEqual(resolveSetup(setup, options, { id: 'kafka' })?.warnings ?? [], []);
    });
  }
});
