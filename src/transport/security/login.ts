import { flatten, isObject } from '../../model/foreign.ts';
import type { Secret } from '../../model/secret.ts';
import type { Credentials, Sasl } from '../port.ts';
import type { Bearer } from '../tokens/bearer.ts';
import { keepFresh } from '../tokens/keep-fresh.ts';

/**
 * Names and passwords are kept for the moment in which several connections open, and no longer: they tell no expiry, and
 * one that was replaced is to be found soon. Milliseconds.
 */
const credentialsLife = 2_000;

export function renewedCredentials(
  fetch: () => Promise<Credentials>,
  now: () => number = Date.now,
): () => Promise<Credentials> {
  return keepFresh(async () => {
    const issuedAt = now();
    return { value: await fetch(), issuedAt, expiresAt: issuedAt + credentialsLife };
  }, now);
}

const mechanisms = {
  plain: 'PLAIN',
  'scram-sha-256': 'SCRAM-SHA-256',
  'scram-sha-512': 'SCRAM-SHA-512',
  oauthbearer: 'OAUTHBEARER',
  aws: 'OAUTHBEARER',
} as const;

/** SASL's name of the mechanism; MSK's IAM is a token, but for kafkajs's own old way. */
export function mechanismOf(sasl: Sasl): (typeof mechanisms)[keyof typeof mechanisms] | 'AWS' {
  return 'authorizationIdentity' in sasl ? 'AWS' : mechanisms[sasl.mechanism];
}

/** Whether the next login may use other credentials than the last one, so that a refusal need not be for good. */
export function isRenewable(sasl: Sasl | undefined): boolean {
  if (sasl === undefined) return false;
  return 'credentials' in sasl || ('bearer' in sasl && sasl.renewable);
}

/**
 * Fetches what the login will need before a connection is opened for it: to fetch takes longer than a connection may
 * take, and without credentials no login can succeed.
 * @throws KafkaError as the source of the credentials
 */
export async function credentialsAtHand(sasl: Sasl | undefined): Promise<void> {
  if (sasl === undefined) return;
  if ('bearer' in sasl) await sasl.bearer();
  else if ('credentials' in sasl) await sasl.credentials();
}

/** A shorter one is in every sentence. */
const shortestSecret = 4;

/**
 * A login that failed, without the secrets that it sent: a broker, or a proxy before it, that quotes the login would have them in our
 * log. As it is where it quotes none; else copies of its errors, one the cause of the other, for a library's errors cannot be changed.
 */
export function withoutSecrets(failure: unknown, ...secrets: readonly Secret<string>[]): unknown {
  const quotable = secrets.filter((secret) => secret.reveal().length >= shortestSecret);
  const redacted = (text: string): string =>
    quotable.reduce((rest, secret) => rest.replaceAll(secret.reveal(), secret.toString()), text);
  const errors = flatten(failure).filter((error) => error instanceof Error);
  const texts = errors.flatMap((error) => [error.message, ...(Object.values(error) as unknown[])]);
  if (!texts.some((text) => typeof text === 'string' && redacted(text) !== text)) return failure;
  return errors.reduceRight<Error | undefined>((cause, error) => {
    const facts = Object.entries(error).filter(([, fact]) => !isObject(fact));
    const copy = new Error(redacted(error.message), { cause });
    for (const [name, fact] of [['name', error.name], ...facts])
      if (name !== 'stack') Reflect.set(copy, name, typeof fact === 'string' ? redacted(fact) : fact);
    return copy;
  }, undefined);
}

/** The first message of OAUTHBEARER (RFC 7628). */
export function bearerMessage({ token, extensions }: Bearer): string {
  const fields = [['auth', `Bearer ${token.reveal()}`], ...Object.entries(extensions)];
  return `n,,\x01${fields.map(([name, value]) => `${name}=${value}\x01`).join('')}\x01`;
}

/** Answers a challenge, which is a refusal. The broker says why, as an error, once it is acknowledged. */
export const acknowledgement = '\x01';

/** RFC 7677 wants no fewer. */
const fewestIterations = 4096;
/** Kafka takes at most 16,384 for a user. So many take a second, and a thread of the pool for as long. */
const mostIterations = 1_000_000;

/**
 * The broker says how often the password is hashed: two thousand million times would keep a thread of the pool for an hour, and
 * the process from ending.
 * @throws Error
 */
export function checkIterations(iterations: number): void {
  if (iterations >= fewestIterations && iterations <= mostIterations) return;
  throw new Error(
    `the broker asks for ${iterations} iterations of SCRAM; ${fewestIterations} to ${mostIterations} are taken`,
  );
}
