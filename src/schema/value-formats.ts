import type { SchemaOptions, ValueOptions } from '../config/resolve-value.ts';
import type { Options } from '../config/resolve.ts';
import { schemaTypeOf } from '../config/value-rules.ts';
import { staticHeaders, type Compose, type RuleSettings } from '../record/shape.ts';
import { cloudEvents } from '../record/cloudevents.ts';
import { mainTopic } from '../record/settings.ts';
import { Registry } from './registry/registry.ts';
import { FramedValues } from './framed.ts';
import type { SchemaChoice } from './schema-writer.ts';
import { walkerosEventSchemas } from './walkeros-event/schemas.ts';
import type { Notify } from '../model/notice.ts';

/** How the values of a destination are written, by rule. */
export interface ValueFormats {
  /** Undefined: JSON. */
  readonly composer: (rule: RuleSettings | undefined) => Compose | undefined;
  /** Undefined: values of this kind need no schema. */
  readonly framed: (value: ValueOptions) => FramedValues | undefined;
  /** Looks up the schema of the main topic, so that its first event need not wait. */
  warm(): void;
  /** Ends all look-ups. */
  close(): void;
}

/** @param simulated nothing leaves the process then, so that what needs a registry is shown as JSON */
export function valueFormats(options: Options, notify: Notify, simulated: boolean): ValueFormats {
  const closing = new AbortController();
  const registries = new Map<SchemaOptions['registry'], Registry>();
  const framed = new Map<ValueOptions, FramedValues>();
  const composers = new Map<ValueOptions, Compose | undefined>();
  const headers = staticHeaders(options.headers);

  function registryOf(facts: SchemaOptions['registry']): Registry {
    let registry = registries.get(facts);
    if (registry === undefined) {
      // SchemaWriter repeats a failed look-up for as long as a record waits.
      registry = new Registry({ ...facts, retries: 0, closing: closing.signal });
      registries.set(facts, registry);
    }
    return registry;
  }

  function framedOf(value: SchemaOptions): FramedValues {
    return new FramedValues(schemaChoice(value), headers, {
      schemas: registryOf(value.registry),
      notify,
      now: () => performance.now(),
      closing: closing.signal,
    });
  }

  function compose(value: ValueOptions): Compose | undefined {
    if (value.format === 'json') return undefined;
    if (value.format === 'cloudevents') return cloudEvents(value);
    if (simulated) return undefined;
    const values = framedOf(value);
    framed.set(value, values);
    return (head, content, event) => values.record(head, content, event.name);
  }

  const composerOf = (value: ValueOptions): Compose | undefined => {
    if (!composers.has(value)) composers.set(value, compose(value));
    return composers.get(value);
  };
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

/** With the ready-made schema where the settings have none. */
export function schemaChoice(value: SchemaOptions): SchemaChoice {
  const schemaType = schemaTypeOf[value.format];
  return { ...value, schemaType, schema: value.schema ?? walkerosEventSchemas[schemaType] };
}
