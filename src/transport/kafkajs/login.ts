import type { Mechanism } from 'kafkajs';
import type { BearerSasl, Credentials, PasswordSasl, Sasl } from '../port.ts';
import { acknowledgement, bearerMessage, checkIterations, mechanismOf } from '../security/login.ts';
import type { Authenticators } from './internals.ts';

type AuthenticationProvider = Mechanism['authenticationProvider'];

/**
 * How to log in, and to log in again: kafkajs asks at each of both. Its own settings would fix the password, and leave
 * it readable on each connection.
 */
export function kafkajsLogin(sasl: Sasl, authenticators: Authenticators): Mechanism {
  const provider =
    'bearer' in sasl
      ? bearerProvider(sasl)
      : 'keys' in sasl
        ? authenticators.aws({ authorizationIdentity: sasl.authorizationIdentity, ...sasl.keys.reveal() })
        : passwordProvider(sasl, authenticators);
  return { mechanism: mechanismOf(sasl), authenticationProvider: withReason(provider) };
}

/** kafkajs keeps only the words of an answer that refuses a login, and not its code. */
function withReason(provider: AuthenticationProvider): AuthenticationProvider {
  return ({ saslAuthenticate, ...connection }) => {
    let reason: unknown;
    const authenticator = provider({
      ...connection,
      saslAuthenticate: (request) =>
        saslAuthenticate(request).catch((failure: unknown) => {
          reason = failure;
          throw failure;
        }),
    });
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

function passwordProvider(sasl: PasswordSasl, authenticators: Authenticators): AuthenticationProvider {
  return (connection) => ({
    async authenticate() {
      const { username, password }: Credentials = 'credentials' in sasl ? await sasl.credentials() : sasl;
      const login = { username, password: password.reveal() };
      const checked = { ...connection, saslAuthenticate: checkingIterations(connection.saslAuthenticate) };
      await authenticators[sasl.mechanism](login)(checked).authenticate();
    },
  });
}

/** The first answer of SCRAM is read into an object whose `i` is the number of iterations; no other answer has one. */
function checkingIterations(
  saslAuthenticate: Parameters<AuthenticationProvider>[0]['saslAuthenticate'],
): typeof saslAuthenticate {
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
function bearerProvider({ bearer }: BearerSasl): AuthenticationProvider {
  return ({ saslAuthenticate }) => ({
    async authenticate() {
      const message = bearerMessage(await bearer());
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
