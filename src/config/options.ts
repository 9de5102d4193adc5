import type { ProducerSettings } from '../producer/ports.ts';
import type { RecordSettings } from '../record/shape.ts';
import type { ClientOptions } from '../transport/port.ts';
import type { ValueOptions } from './resolve-value.ts';
import type { ParsedSettings } from './schema.ts';

/** The settings as the rest of the package reads them: complete, checked, frozen, secrets wrapped. Times in ms. */
export interface Options
  extends
    Omit<ProducerSettings, 'maxRecordsPerBatch' | 'deadLetterTopic' | 'spool'>,
    Omit<RecordSettings, 'composer'> {
  readonly client: ParsedSettings['kafka']['client'];
  /** What a client is made from. `requestTimeout`: as set, and no more than its share of `deliveryTimeout`. */
  readonly connection: Omit<ClientOptions, 'onProduced'>;
  readonly deadLetter: { readonly topic: string } | undefined;
  readonly spool: Readonly<NonNullable<ParsedSettings['spool']>> | undefined;
  /** How values are written: by a mapping rule's `settings`, or, without them, by `settings.value`. */
  readonly valueOf: (ruleSettings?: unknown) => ValueOptions;
  /** Mapping path of the `traceparent` that goes out as a header; undefined: none does. */
  readonly traceparent: string | undefined;
}
