import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { blocksFor } from '../support/docs/claims.ts';
import { placeOf } from '../support/docs/pages.ts';
import { flowFolder, walkeros } from './support/cli.ts';
import { project } from './support/project.ts';

/** What `walkeros validate <args> flow.json` says of this file. */
async function validate(flow: string, ...args: readonly string[]): Promise<unknown> {
  const { folder } = await project();
  const cwd = await flowFolder({ destinations: {} });
  writeFileSync(join(cwd, 'flow.json'), flow);
  const env = {
    TEST_PACKAGE_FOLDER: join(folder, 'node_modules', 'walkeros-destination-kafka'),
    TEST_ASKED_FILE: join(cwd, 'asked'),
  };
  const nodeArgs = ['--import', join(import.meta.dirname, 'support', 'cdn.ts')];
  const { code, stdout } = await walkeros(['validate', ...args, '--json', 'flow.json'], {
    cwd,
    env,
    nodeArgs,
  });
  const { valid, errors } = JSON.parse(stdout) as { valid: boolean; errors: unknown[] };
  return { code, valid, errors };
}

const passed = { code: 0, valid: true, errors: [] };

/** The pages are copied from: what they show must pass the CLI. */
describe('walkeros validate, flows of docs/platforms', { concurrency: 2 }, () => {
  const pages = blocksFor(import.meta.filename);

  for (const block of pages) {
    it(`${placeOf(block)}: its settings, by the walkerOS.json of the package`, async () => {
      assert.deepEqual(await validate(block.text, '--path', 'destinations.kafka'), passed);
    });
  }

  it('all of them as flows', async () => {
    const flows = pages.map(({ text }, n) => {
      const { flows } = JSON.parse(text) as { flows: { default: object } };
      return [`flow-${n + 1}`, flows.default];
    });
    const file = JSON.stringify({ version: 4, flows: Object.fromEntries(flows) as object });
    assert.deepEqual(await validate(file), passed);
  });
});
