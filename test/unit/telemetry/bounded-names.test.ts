import assert from 'node:assert/strict';
import { it } from 'node:test';
import { boundedNames } from '../../../src/telemetry/meter.ts';

it('the first hundred names stay what they are, and all that come later are _other', () => {
  const bounded = boundedNames();
  for (let n = 0; n < 100; n++) assert.equal(bounded(`t${n}`), `t${n}`);
  assert.equal(bounded('t100'), '_other');
  assert.equal(bounded('t0'), 't0');
  assert.equal(bounded('t99'), 't99');
  assert.equal(bounded('t100'), '_other');
});
