import assert from 'node:assert/strict';
import type { Destination, WalkerOS } from '@walkeros/core';
import type { KafkaRecord } from '../../src/model/record.ts';
import type { Notify } from '../../src/model/notice.ts';
import { buildRecord } from '../../src/record/build.ts';
import { recordShapes, type RecordSettings, type RuleSettings } from '../../src/record/shape.ts';

export interface Building {
  readonly data?: unknown;
  readonly rule?: RuleSettings;
  /** Default: topic "events", no key, no headers. */
  readonly settings?: Partial<RecordSettings>;
  readonly fallbackTimestamp?: number;
  readonly notify?: Notify;
}

/** The record of an event for which nothing has to be waited. */
export function built(event: WalkerOS.Event, building: Building = {}): KafkaRecord {
  const { data, rule, settings, fallbackTimestamp = 0, notify = () => undefined } = building;
  const shape = recordShapes({ topic: 'events', key: undefined, headers: {}, ...settings })(rule);
  assert.equal(shape.mapped, undefined);
  return buildRecord({ event, data: data as Destination.Data }, fallbackTimestamp, shape, notify);
}
