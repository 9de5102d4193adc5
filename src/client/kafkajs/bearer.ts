import type { Mechanism } from 'kafkajs';
import type { Sasl } from '../port.ts';

type Bearer = Extract<Sasl, { token: unknown }>;

/**
 * OAUTHBEARER (RFC 7628) for kafkajs. Its own takes every answer for a welcome, but a broker refuses a token in an answer
 * without an error code; kafkajs then goes on, and the next request fails with ILLEGAL_SASL_STATE.
 */
export function bearerMechanism({ token }: Bearer): Mechanism {
  return {
    mechanism: 'oauthbearer',
    authenticationProvider: ({ saslAuthenticate }) => ({
      async authenticate() {
        const bearer = (await token()).reveal();
        const challenge = await saslAuthenticate({
          request: { encode: () => sized(`n,,\x01auth=Bearer ${bearer}\x01\x01`) },
          response: { decode: (answer) => answer, parse: (answer) => answer.subarray(4) },
        });
        // A challenge is a refusal. The broker says why, as an error, once it is acknowledged.
        if (challenge && challenge.length > 0)
          await saslAuthenticate({ request: { encode: () => sized('\x01') } });
      },
    }),
  };
}

/** Bytes of Kafka's protocol: their length comes first. */
function sized(text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(Buffer.byteLength(text));
  return Buffer.concat([length, Buffer.from(text)]);
}
