import { buildRecord, headersOf } from '../src/record/build.ts';
import type { KafkaRecord } from '../src/model/record.ts';
import { readEvents } from './data.ts';

/** The events as the destination would send them, built once: what follows is all that is measured. */
export function readRecords(topic: string): KafkaRecord[] {
  const settings = { topic, key: 'user.session', headers: headersOf({}) };
  return readEvents().map((event) => buildRecord(event, undefined, undefined, settings, 0));
}
