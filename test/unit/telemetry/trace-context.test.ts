import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseTraceparent } from '../../../src/telemetry/trace-context.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';

describe('traceparent', () => {
  it('is read as W3C writes it', () => {
    assert.deepEqual(parseTraceparent(`00-${traceId}-${spanId}-01`), {
      traceId,
      spanId,
      traceFlags: 1,
      isRemote: true,
    });
    assert.equal(parseTraceparent(`00-${traceId}-${spanId}-00`)?.traceFlags, 0);
  });

  it('of a later version is read as far as it is known', () => {
    assert.equal(parseTraceparent(`cc-${traceId}-${spanId}-03-what-comes`)?.traceFlags, 1);
  });

  for (const wrong of [
    '',
    traceId,
    `ff-${traceId}-${spanId}-01`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${traceId}-${spanId}`,
    ` 00-${traceId}-${spanId}-01`,
    `00-${traceId}-${spanId}-01-more`,
  ]) {
    it(`is not ${JSON.stringify(wrong)}`, () => assert.equal(parseTraceparent(wrong), undefined));
  }
});
