import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Collector } from '@walkeros/core';
import { unresolvedRecord } from '../../../src/record/resolve.ts';
import { recordShapes } from '../../../src/record/shape.ts';
import { event } from '../../support/flow.ts';

/** A value that was written by its schema before the mapping values were known had its id replaced, and was unreadable. */
it('the header that tells the schema of a value is not replaced by one from the event', async () => {
  const id = Buffer.from([1, 2]);
  const shape = recordShapes({
    topic: 'events',
    key: 'user.id',
    headers: { __value_schema_id: { key: 'user.id' }, user: { key: 'user.id' } },
    composer: () => (head) => ({ ...head, value: id, headers: { __value_schema_id: id } }),
  })(undefined);
  assert.ok(shape.mapped);
  const collector = { consent: {} } as unknown as Collector.Instance;
  const context = { collector, notify: () => {}, prefixed: new Set<string>(), traced: undefined };
  const record = await unresolvedRecord({ event: event() }, 0, shape, context).resolve?.();
  assert.deepEqual(record?.headers, { __value_schema_id: id, user: 'us3r' });
});
