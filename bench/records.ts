import { buildRecord } from '../src/record/build.ts';
import { recordShapes } from '../src/record/shape.ts';
import type { KafkaRecord } from '../src/model/record.ts';
import { readEvents } from './data.ts';

/** The events as the destination would send them, built once: what follows is all that is measured. */
export function readRecords(topic: string): KafkaRecord[] {
  const shape = recordShapes({ topic, key: 'user.session', headers: {} })(undefined);
  if (shape.mapped) throw new Error('a path needs no mapping value');
  return readEvents().map((event) => buildRecord({ event }, 0, shape, () => undefined));
}
