import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { runScenario } from './run.ts';
import { shortScenarios } from './scenarios/short.ts';
import { openStage, type Stage } from './stage/stage.ts';
import { lineOf } from './verdict/line.ts';

/** The short form of `npm run chaos`: the same runner and judge, shorter stories. */
describe('chaos, the short form', () => {
  let stage: Stage;

  before(async () => {
    stage = await openStage();
  });
  after(() => stage.close());

  for (const scenario of shortScenarios) {
    it(`${scenario.name}: ${scenario.story}`, async (t) => {
      const result = await runScenario(scenario, stage);
      t.diagnostic(lineOf(result));
      assert.deepEqual(result.problems, [], [lineOf(result), ...result.log].join('\n'));
    });
  }
});
