import type { WalkerOS } from '@walkeros/core';
import { KafkaError } from '../model/errors.ts';
import { hasTimestamp } from './build.ts';
import { jsonOf } from './json.ts';
import type { Compose } from './shape.ts';

export interface CloudEventsSettings {
  readonly mode: 'binary' | 'structured';
  readonly source: string;
  readonly typePrefix: string;
}

/**
 * Records by the Kafka protocol binding of CloudEvents 1.0: attributes as headers (binary), or everything in the value
 * (structured). https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/kafka-protocol-binding.md
 *
 * Static headers come last and may replace any other, as in every format.
 */
export function cloudEvents({ mode, source, typePrefix }: CloudEventsSettings): Compose {
  if (mode === 'binary') {
    return (head, value, event) => {
      const { id, type, time } = attributesOf(event, typePrefix);
      return {
        ...head,
        value: Buffer.from(jsonOf(value, event.name)),
        headers: {
          'content-type': 'application/json',
          ce_specversion: '1.0',
          ce_id: id,
          ce_source: source,
          ce_type: type,
          ...(time !== undefined && { ce_time: time }),
          ...head.headers.bare,
        },
      };
    };
  }
  return (head, data, event) => {
    const { id, type, time } = attributesOf(event, typePrefix);
    const envelope = {
      specversion: '1.0',
      id,
      source,
      type,
      time,
      datacontenttype: 'application/json',
      data,
    };
    const headers = { 'content-type': 'application/cloudevents+json; charset=UTF-8', ...head.headers.bare };
    return { ...head, value: Buffer.from(jsonOf(envelope, event.name)), headers };
  };
}

/** RFC 3339, which `time` is in, has four digits for the year. Milliseconds since the epoch. */
const year10000 = 253_402_300_800_000;

function attributesOf(event: WalkerOS.Event, typePrefix: string) {
  const { id, name } = event;
  if (typeof id !== 'string' || id === '') {
    throw new KafkaError(
      'VALUE_INVALID',
      `Event "${name}" is no CloudEvent without an id: give it one at its source.`,
    );
  }
  return {
    id,
    type: typePrefix + String(name).replace(/\s+/g, '_'),
    time:
      hasTimestamp(event) && event.timestamp < year10000
        ? new Date(event.timestamp).toISOString()
        : undefined,
  };
}
