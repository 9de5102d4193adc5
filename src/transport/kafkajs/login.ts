import type { Mechanism } from 'kafkajs';
import type { BearerSasl, Credentials, IdentitySasl, PasswordSasl, Sasl } from '../port.ts';
import { Secret } from '../../model/secret.ts';
import {
  acknowledgement,
  bearerMessage,
  checkIterations,
  mechanismOf,
  withoutSecrets,
} from '../security/login.ts';
import type { Authenticators } from './internals.ts';

type AuthenticationProvider = Mechanism['authenticationProvider'];
type Connection = Parameters<AuthenticationProvider>[0];
/** @param onSecret is told what the login sends that nobody may read */
type Provider = (
  connection: Connection,
  onSecret: (secret: Secret<string>) => void,
) => ReturnType<AuthenticationProvider>;

/**
 * How to log in, and to log in again: kafkajs asks at each of both. Its own settings would fix the password, and leave
 * it readable on each connection.
 */
export function kafkajsLogin(sasl: Sasl, authenticators: Authenticators): Mechanism {
  const provider =
    'bearer' in sasl
      ? bearerProvider(sasl)
      : 'keys' in sasl
        ? identityProvider(sasl, authenticators)
        : passwordProvider(sasl, authenticators);
  return { mechanism: mechanismOf(sasl), authenticationProvider: withReason(provider) };
}

/** kafkajs keeps only the words of an answer that refuses a login, and not its code. */
function withReason(provider: Provider): AuthenticationProvider {
  return ({ saslAuthenticate, ...connection }) => {
    let reason: unknown;
    const sent: Secret<string>[] = [];
    const observed: Connection = {
      ...connection,
      saslAuthenticate: (request) =>
        saslAuthenticate(request).catch((failure: unknown) => {
          reason = withoutSecrets(failure, ...sent);
          throw reason;
        }),
    };
    const authenticator = provider(observed, (secret) => void sent.push(secret));
    return {
      async authenticate() {
        try {
          await authenticator.authenticate();
        } catch (failure) {
          throw reason === undefined || !(failure instanceof Error) || failure === reason
            ? failure
            : Object.assign(failure, { cause: reason });
        }
      },
    };
  };
}

function identityProvider(
  { authorizationIdentity, keys }: IdentitySasl,
  authenticators: Authenticators,
): Provider {
  return (connection, onSecret) => {
    const login = { authorizationIdentity, ...keys.reveal() };
    onSecret(new Secret(login.secretAccessKey));
    if (login.sessionToken !== undefined) onSecret(new Secret(login.sessionToken));
    return authenticators.aws(login)(connection);
  };
}

function passwordProvider(sasl: PasswordSasl, authenticators: Authenticators): Provider {
  return (connection, onSecret) => ({
    async authenticate() {
      const { username, password }: Credentials = 'credentials' in sasl ? await sasl.credentials() : sasl;
      onSecret(password);
      const login = { username, password: password.reveal() };
      const checked = { ...connection, saslAuthenticate: checkingIterations(connection.saslAuthenticate) };
      await authenticators[sasl.mechanism](login)(checked).authenticate();
    },
  });
}

/** The first answer of SCRAM is read into an object whose `i` is the number of iterations; no other answer has one. */
function checkingIterations(saslAuthenticate: Connection['saslAuthenticate']): typeof saslAuthenticate {
  return async (exchange) => {
    const answer = await saslAuthenticate(exchange);
    if (typeof answer === 'object' && answer !== null && 'i' in answer)
      checkIterations(Number.parseInt(String(answer.i), 10));
    return answer;
  };
}

/**
 * OAUTHBEARER (RFC 7628). kafkajs's own takes every answer for a welcome, but a broker refuses a token in an answer
 * without an error code; kafkajs then goes on, and the next request fails with ILLEGAL_SASL_STATE.
 */
function bearerProvider({ bearer }: BearerSasl): Provider {
  return ({ saslAuthenticate }, onSecret) => ({
    async authenticate() {
      const login = await bearer();
      onSecret(login.token);
      const message = bearerMessage(login);
      const challenge = await saslAuthenticate({
        request: { encode: () => sized(message) },
        response: { decode: (answer) => answer, parse: (answer) => answer.subarray(4) },
      });
      if (challenge && challenge.length > 0)
        await saslAuthenticate({ request: { encode: () => sized(acknowledgement) } });
    },
  });
}

/** Bytes of Kafka's protocol: their length comes first. */
function sized(text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(Buffer.byteLength(text));
  return Buffer.concat([length, Buffer.from(text)]);
}
