import type { Mechanism } from 'kafkajs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AwsKeys, PasswordSasl } from '../port.ts';

type Authenticator<Credentials> = (credentials: Credentials) => Mechanism['authenticationProvider'];
type Password = Authenticator<{ readonly username: string; readonly password: string }>;

export type Authenticators = Readonly<Record<PasswordSasl['mechanism'], Password>> & {
  readonly aws: Authenticator<AwsKeys & { readonly authorizationIdentity: string }>;
};

export type Internals = Awaited<ReturnType<typeof loadInternals>>;

export async function loadInternals() {
  // In turns of the event loop of their own: together they take it 26 ms of CPU.
  await nextTurn();
  const { requests } = await import('kafkajs/src/protocol/requests/index.js');
  await nextTurn();
  const [broker, connectionPool, plain, scram256, scram512, aws] = await Promise.all([
    import('kafkajs/src/broker/index.js'),
    import('kafkajs/src/network/connectionPool.js'),
    import('kafkajs/src/broker/saslAuthenticator/plain.js'),
    import('kafkajs/src/broker/saslAuthenticator/scram256.js'),
    import('kafkajs/src/broker/saslAuthenticator/scram512.js'),
    import('kafkajs/src/broker/saslAuthenticator/awsIam.js'),
  ]);
  const authenticators: Authenticators = {
    plain: plain.default,
    'scram-sha-256': scram256.default,
    'scram-sha-512': scram512.default,
    aws: aws.default,
  };
  return { Broker: broker.default, ConnectionPool: connectionPool.default, requests, authenticators };
}
