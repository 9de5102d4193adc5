import type { Connection, ConnectionOptions } from '@platformatic/kafka';
import type { Credentials, IdentitySasl, PasswordSasl, Sasl } from '../port.ts';
import { KafkaError } from '../../model/errors.ts';
import {
  acknowledgement,
  bearerMessage,
  checkIterations,
  mechanismOf,
  withoutSecrets,
} from '../security/login.ts';
import type { Bearer } from '../tokens/bearer.ts';
import type { Library } from './library.ts';

type AuthenticateApi = Library['saslAuthenticateV2']['api'];
type Authenticated = Awaited<ReturnType<AuthenticateApi['async']>>;
type SaslOptions = NonNullable<ConnectionOptions['sasl']>;

/** The library logs in again after four fifths of a session, and Node fires a timer beyond this at once. Milliseconds. */
const longestSession = 2_147_483_647n;
/** And a broker takes one login a second, however short its sessions are. Milliseconds. */
const shortestSession = 1_250n;

/**
 * How to log in, and to log in again: the library asks at each of both. Its own way would ask for name and password
 * apart, and takes every answer to a token for a welcome.
 */
export function platformaticLogin(library: Library, sasl: Sasl): SaslOptions {
  const mechanism = mechanismOf(sasl);
  if (mechanism === 'AWS' || 'authorizationIdentity' in sasl) {
    // A rule refuses it for the destination; the commands ask with this library whatever the destination sends with.
    throw new KafkaError(
      'SETTINGS_INVALID',
      'settings.kafka.sasl.authorizationIdentity is a login of kafkajs alone, and the commands log in with ' +
        '@platformatic/kafka: give them a copy of the flow file with brokers and sasl of a listener that takes another one.',
    );
  }
  return {
    mechanism,
    authenticate(_mechanism, connection, api, _username, _password, _token, callback) {
      // Out of the promise's reach: what the library does next may throw, and is not ours to catch.
      logIn(library, sasl, connection, api).then(
        (answer) => process.nextTick(callback, null, withTimer(answer)),
        (failure: unknown) => process.nextTick(callback, failure),
      );
    },
  };
}

async function logIn(
  library: Library,
  sasl: Exclude<Sasl, IdentitySasl>,
  connection: Connection,
  api: AuthenticateApi,
): Promise<Authenticated> {
  if ('bearer' in sasl) {
    const bearer = await sasl.bearer();
    return logInWithToken(bearer, connection, api).catch((failure: unknown) => {
      throw withoutSecrets(failure, bearer.token);
    });
  }
  const credentials = 'credentials' in sasl ? await sasl.credentials() : sasl;
  return logInWithPassword(library, sasl.mechanism, credentials, connection, api).catch(
    (failure: unknown) => {
      throw withoutSecrets(failure, credentials.password);
    },
  );
}

async function logInWithToken(
  bearer: Bearer,
  connection: Connection,
  api: AuthenticateApi,
): Promise<Authenticated> {
  const answer = await api.async(connection, Buffer.from(bearerMessage(bearer)));
  return answer.authBytes.length === 0 ? answer : api.async(connection, Buffer.from(acknowledgement));
}

const scramAlgorithms = { 'scram-sha-256': 'SHA-256', 'scram-sha-512': 'SHA-512' } as const;

async function logInWithPassword(
  { saslPlain, saslScramSha }: Library,
  mechanism: PasswordSasl['mechanism'],
  { username, password }: Credentials,
  connection: Connection,
  api: AuthenticateApi,
): Promise<Authenticated> {
  if (mechanism === 'plain') return saslPlain.authenticate(api, connection, username, password.reveal());
  const algorithm = scramAlgorithms[mechanism];
  const crypto: typeof saslScramSha.defaultCrypto = {
    ...saslScramSha.defaultCrypto,
    async hi(definition, secret, salt, iterations) {
      checkIterations(iterations);
      return saslScramSha.defaultCrypto.hi(definition, secret, salt, iterations);
    },
  };
  return saslScramSha.authenticate(api, connection, algorithm, username, password.reveal(), crypto);
}

function withTimer(answer: Authenticated): Authenticated {
  const { sessionLifetimeMs } = answer;
  if (sessionLifetimeMs > longestSession) return { ...answer, sessionLifetimeMs: longestSession };
  if (sessionLifetimeMs > 0n && sessionLifetimeMs < shortestSession)
    return { ...answer, sessionLifetimeMs: shortestSession };
  return answer;
}
