import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Ingest } from '@walkeros/core';
import { createAttachTrace } from '../../../src/telemetry/trace-context.ts';
import { event } from '../../support/flow.ts';
import { recordOf } from './reports.ts';

const carried = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const ofCarried = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: 1,
  isRemote: true,
};
const open = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 0 };
const ingest = (traceparent: unknown): Ingest => ({ _meta: { hops: 1, path: ['http'] }, traceparent });
const traced = event({
  source: { type: 'test', platform: 'server', schema: '4', trace: '33333333333333333333333333333333' },
});
const ofWalker = { traceId: '3'.repeat(32), spanId: '1f0c2a9d4b7e8f31', traceFlags: 1 };
const record = recordOf({ headers: { team: 'web' } });

describe('the trace an event belongs to', () => {
  it('costs nothing where nobody asks', () => {
    assert.equal(createAttachTrace(undefined, undefined), undefined);
  });

  it('is the one it carries, which goes out as a header', () => {
    for (const spans of [undefined, () => open]) {
      const attachTrace = createAttachTrace('ingest.traceparent', spans);
      const marked = attachTrace?.(record, { event: traced, ingest: ingest(carried), pushed: true });
      assert.deepEqual(marked, {
        ...record,
        headers: { team: 'web', traceparent: carried },
        trace: ofCarried,
      });
    }
    assert.deepEqual(record.headers, { team: 'web' });
  });

  // It failed each push, from the day on which an SDK was installed.
  it('is none where a policy has taken the ids away', () => {
    const attachTrace = createAttachTrace(undefined, () => undefined);
    const { source, ...anonymous } = traced;
    assert.notEqual(source.trace, undefined);
    const bare = { event: anonymous as typeof traced, ingest: undefined, pushed: true };
    assert.equal(attachTrace?.(record, bare).trace, undefined);
  });

  it('may stand in the event itself', () => {
    const attachTrace = createAttachTrace('custom.ingest.traceparent', undefined);
    const marked = attachTrace?.(record, {
      event: event({ custom: { ingest: { traceparent: carried } } }),
      ingest: undefined,
      pushed: true,
    });
    assert.equal(marked?.headers['traceparent'], carried);
  });

  for (const wrong of [undefined, 7, '', 'nonsense', '00-1-2-3']) {
    it(`is not passed on where it is ${JSON.stringify(wrong)}`, () => {
      const attachTrace = createAttachTrace('ingest.traceparent', undefined);
      assert.equal(attachTrace?.(record, { event: traced, ingest: ingest(wrong), pushed: true }), record);
    });
  }

  it('is the open span of its push else, and not that of a batch, which is another event’s', () => {
    const attachTrace = createAttachTrace(undefined, () => open);
    const pushed = attachTrace?.(record, { event: traced, ingest: undefined, pushed: true });
    assert.deepEqual(pushed, { ...record, trace: open });
    const batched = attachTrace?.(record, { event: traced, ingest: undefined, pushed: false });
    assert.deepEqual(batched, { ...record, trace: ofWalker });
  });

  it('is walkerOS’ own else, where it has ids', () => {
    const attachTrace = createAttachTrace('custom.traceparent', () => undefined);
    assert.deepEqual(
      attachTrace?.(record, { event: traced, ingest: undefined, pushed: true }).trace,
      ofWalker,
    );
    assert.equal(attachTrace?.(record, { event: event(), ingest: undefined, pushed: true }).trace, undefined);
  });
});
