import type { Secret } from '../model/secret.ts';
import type { ProducerSettings } from '../producer/ports.ts';
import type { RecordSettings } from '../record/shape.ts';
import type { ClientOptions, IdentitySasl, PasswordSasl } from '../transport/port.ts';
import type { MskLogin } from '../transport/security/msk-iam.ts';
import type { OAuthLogin } from '../transport/tokens/oauth.ts';
import type { ProvidedToken } from './providers.ts';
import type { ValueOptions } from './resolve-value.ts';
import type { ParsedSettings } from './schema.ts';

/** The settings as the rest of the package reads them: complete, checked, frozen, secrets wrapped. Times in ms. */
export interface Options
  extends
    Omit<ProducerSettings, 'maxRecordsPerBatch' | 'deadLetterTopic' | 'spool'>,
    Omit<RecordSettings, 'composer'> {
  readonly client: ParsedSettings['kafka']['client'];
  /** What a client is made from, by the names of its port. */
  readonly connection: ConnectionFacts;
  readonly deadLetter: { readonly topic: string } | undefined;
  readonly spool: Readonly<NonNullable<ParsedSettings['spool']>> | undefined;
  /** How values are written: by a mapping rule's `settings`, or, without them, by `settings.value`. */
  readonly valueOf: (ruleSettings?: unknown) => ValueOptions;
  /** Mapping path of the `traceparent` that goes out as a header; undefined: none does. */
  readonly traceparent: string | undefined;
}

/** `requestTimeout`: as set, and no more than its share of `deliveryTimeout`. */
export type ConnectionFacts = Omit<ClientOptions, 'sasl' | 'onProduced'> & {
  readonly sasl: SaslFacts | undefined;
};

/** How to log in, before tokens are fetched. */
export type SaslFacts =
  | PasswordSasl
  | IdentitySasl
  | ({ readonly mechanism: 'aws' } & MskLogin)
  | ({ readonly mechanism: 'oauthbearer' } & (
      | { readonly token: Secret<string> }
      | { readonly provide: () => Promise<ProvidedToken> }
      | { readonly oauth: OAuthLogin }
    ));
