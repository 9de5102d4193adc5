import type { ConnectionOptions } from 'node:tls';
import type { Secret } from '../model/secret.ts';
import type { OAuthLogin } from '../transport/security/oauth.ts';
import type { ProvidedToken } from './providers.ts';
import type { ValueOptions } from './resolve-value.ts';
import type { ParsedSettings } from './schema.ts';

/**
 * A request may use this part of `deliveryTimeout`: long enough that a broker waiting for a frozen follower still
 * answers, short enough that one more try fits in. A request given up on is where duplicates come from.
 */
export const requestShare = 5 / 8;
/**
 * With a spool no push waits for the request at its deadline, so it may outlast a frozen follower, which stalls all
 * acknowledgements for some nine seconds: given up on after five, as much as came meanwhile was stored twice (3,305 of the
 * 69,000 records of the reference chaos; now 13). Milliseconds.
 */
const requestWithSpool = 15_000;

/** How long a request may go unanswered, whatever `requestTimeout` says. Milliseconds. */
export function longestRequest(deliveryTimeout: number, hasSpool: boolean): number {
  return Math.max(deliveryTimeout * requestShare, hasSpool ? requestWithSpool : 0);
}

type Kafka = ParsedSettings['kafka'];

/** The settings as the rest of the package reads them: complete, checked, frozen, secrets wrapped. Times in ms. */
export interface Options {
  readonly client: Kafka['client'];
  /** What a client is made from, by the names of its port. */
  readonly connection: ConnectionFacts;
  readonly topic: string;
  /** Mapping path of the message key; undefined: the event's name. */
  readonly key: string | undefined;
  /** The static headers, without `content-type`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly retry: Readonly<Kafka['retry']>;
  readonly linger: number;
  /** Bytes per partition and request. */
  readonly batchSize: number;
  /** Bytes that may wait. */
  readonly bufferMemory: number;
  readonly deliveryTimeout: number;
  readonly deadLetter: { readonly topic: string } | undefined;
  readonly spool: Readonly<NonNullable<ParsedSettings['spool']>> | undefined;
  /** How values are written: by a mapping rule's `settings`, or, without them, by `settings.value`. */
  readonly valueOf: (ruleSettings?: unknown) => ValueOptions;
  /** Mapping path of the `traceparent` that goes out as a header; undefined: none does. */
  readonly traceparent: string | undefined;
}

export interface ConnectionFacts {
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** Undefined: no TLS. The whole object is kept secret, since `key`, `pfx` and `passphrase` are in it. */
  readonly tls: Secret<ConnectionOptions> | undefined;
  readonly sasl: SaslFacts | undefined;
  readonly connectTimeout: number;
  /** As set, and no more than its share of `deliveryTimeout`. */
  readonly requestTimeout: number;
  readonly ackTimeout: number;
  readonly acks: Kafka['acks'];
  readonly compression: Kafka['compression'];
  readonly idempotent: boolean;
  readonly autoCreateTopics: boolean;
}

export type SaslFacts = PasswordFacts | TokenFacts | AwsFacts;

type PasswordFacts = { readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512' } & (
  | { readonly username: string; readonly password: Secret<string> }
  | { readonly credentials: () => Promise<{ readonly username: string; readonly password: Secret<string> }> }
);

type TokenFacts = { readonly mechanism: 'oauthbearer' } & (
  | { readonly token: Secret<string> }
  | { readonly provide: () => Promise<ProvidedToken> }
  | { readonly oauth: OAuthLogin }
);

type AwsFacts = { readonly mechanism: 'aws' } & (
  | {
      readonly region: string;
      /** Undefined: AWS's own credential chain. */
      readonly signer: Secret<AwsKeys> | undefined;
    }
  /** kafkajs's own mechanism, which is not MSK's. */
  | { readonly authorizationIdentity: string; readonly keys: Secret<AwsKeys> }
);

export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
}
