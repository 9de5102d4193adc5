import type { SchemaOptions, ValueOptions } from '../config/resolve-value.ts';
import type { Options } from '../config/resolve.ts';
import { staticHeaders, type Compose, type RuleSettings } from '../record/shape.ts';
import { cloudEvents } from '../record/cloudevents.ts';
import { mainTopic } from '../record/settings.ts';
import { Registry } from './registry/registry.ts';
import { FramedValues } from './framed.ts';
import { schemaChoice } from './schema-writer.ts';
import { memo } from '../model/memo.ts';
import type { Notify } from '../model/notice.ts';

export interface ValueFormats {
  /** Undefined: JSON. */
  readonly composer: (rule: RuleSettings | undefined) => Compose | undefined;
  /** Undefined: values of this kind need no schema. */
  readonly framed: (value: ValueOptions) => FramedValues | undefined;
  warm(): void;
  close(): void;
}

/** @param simulated nothing leaves the process then, so that what needs a registry is shown as JSON */
export function valueFormats(options: Options, notify: Notify, simulated: boolean): ValueFormats {
  const closing = new AbortController();
  const framed = new Map<ValueOptions, FramedValues>();
  const headers = staticHeaders(options.headers);
  // SchemaWriter repeats a failed look-up for as long as a record waits.
  const registryOf = memo(
    (facts: SchemaOptions['registry']) => new Registry({ ...facts, retries: 0, closing: closing.signal }),
  );

  function framedOf(value: SchemaOptions): FramedValues {
    return new FramedValues(schemaChoice(value), headers, {
      schemas: registryOf(value.registry),
      notify,
      now: () => performance.now(),
      closing: closing.signal,
    });
  }

  const composerOf = memo((value: ValueOptions): Compose | undefined => {
    if (value.format === 'json') return undefined;
    if (value.format === 'cloudevents') return cloudEvents(value);
    if (simulated) return undefined;
    const values = framedOf(value);
    framed.set(value, values);
    return (head, content, event) => values.record(head, content, event.name);
  });
  const general = composerOf(options.valueOf());

  return {
    composer: (rule) => (rule?.value === undefined ? general : composerOf(options.valueOf(rule))),
    framed(value) {
      composerOf(value);
      return framed.get(value);
    },
    warm: () => framed.get(options.valueOf())?.warm(mainTopic(options.topic)),
    close: () => closing.abort(new Error('the destination is closed')),
  };
}
