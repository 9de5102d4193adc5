import type { ConnectionOptions } from 'node:tls';
import { z } from 'zod';
import { isNamed } from '../model/foreign.ts';
import { typeNames } from './fields.ts';
import { oauthBearerProvider, oauthExample, oauthFields } from './oauth.ts';
import type { CredentialsProvider } from './providers.ts';
import { bearerToken, choice, isFunction, object, optional, text, texts, withDefault } from './values.ts';

/** Node's own options are not checked by name: a new version of Node may have more of them. */
export const tlsOptions = (error: string) =>
  z
    .custom<ConnectionOptions>(isNamed, { error })
    .register(typeNames, { type: 'ConnectionOptions', from: 'node:tls' })
    .meta({ type: 'object', additionalProperties: true });

export const sslSchema = z
  .union([z.boolean(), tlsOptions('must be an object of tls.ConnectionOptions')], {
    error:
      'must be true, false or an object of tls.ConnectionOptions, for example { "ca": "/etc/kafka/ca.pem" }',
  })
  .default(false)
  .describe(
    'Encrypts the connection. `true`: TLS with the CAs that come with Node; an object: ' +
      "Node's `tls.ConnectionOptions`, for a private `ca`, a client certificate (`cert`, `key`, `passphrase`, or `pfx`), " +
      '`servername` or `minVersion`. Certificates and keys are PEM text, the path of a file, or a Buffer; files are read ' +
      'again for each new connection. With `rejectUnauthorized: false` anyone on the way can read and change what is sent.',
  );

function extensionProblem(name: string): string | undefined {
  return /^[A-Za-z]+$/.test(name) ? undefined : 'has a name that Kafka does not take: letters only';
}

export const kafkaOAuth = object(oauthExample, {
  ...oauthFields('https://kafka.example.com'),
  extensions: withDefault(texts('{ "logicalCluster": "lkc-1a2b3" }', extensionProblem), {}).describe(
    "SASL extensions that go with the token, such as Confluent Cloud's `logicalCluster` and `identityPoolId`.",
  ),
}).register(typeNames, { type: 'KafkaOAuthClient' });

export const saslSchema = object('{ "mechanism": "scram-sha-512", "username": "…", "password": "…" }', {
  mechanism: choice(['plain', 'scram-sha-256', 'scram-sha-512', 'aws', 'oauthbearer']).describe(
    'How to log in. `plain` and `scram-sha-…` take `username` and `password`, or `credentials`; ' +
      '`oauthbearer` takes `oauth`, `token` or `oauthBearerProvider`. `aws` (MSK IAM) takes `accessKeyId` and ' +
      '`secretAccessKey`, or uses the AWS credential chain. It needs `ssl`.',
  ),
  username: optional(text('walkeros')).describe('User name, for `plain` and `scram-sha-…`.'),
  password: optional(text('$env.KAFKA_PASSWORD')).describe(
    'Password, for `plain` and `scram-sha-…`. Never logged; `plain` sends it readable without `ssl`.',
  ),
  credentials: z
    .custom<CredentialsProvider>(isFunction, {
      error: 'must be a function that answers { username: "<name>", password: "<password>" }',
    })
    .register(typeNames, { type: 'CredentialsProvider', from: './providers.ts' })
    .optional()
    .describe(
      'Function `() => Promise<{ username: string; password: string }>`, instead of `username` and `password` ' +
        '(code only). It is asked at each login, so that a password can be replaced without a restart.',
    ),
  oauth: optional(kafkaOAuth).describe(
    'OAuth 2 client credentials, for `oauthbearer`. One token serves all connections and is replaced after two thirds ' +
      'of its life; while the endpoint is down the old one goes on.',
  ),
  token: optional(bearerToken('$env.KAFKA_TOKEN')).describe(
    'A fixed bearer token, for `oauthbearer`. Never logged. When it expires, the connection ends.',
  ),
  oauthBearerProvider: optional(oauthBearerProvider).describe(
    'Function `() => Promise<{ value: string; lifetime?: number; expiresAt?: number; extensions?: object }>` that ' +
      'fetches a bearer token, for `oauthbearer` (code only). It is asked again after two thirds of the life; ' +
      'where none is told and the token is no JWT, at each login.',
  ),
  region: optional(text('eu-west-1')).describe(
    "AWS region of the cluster, for `aws`. Default: the one in the brokers' host names, else `AWS_REGION`, " +
      'else `AWS_DEFAULT_REGION`.',
  ),
  accessKeyId: optional(text('$env.AWS_ACCESS_KEY_ID')).describe(
    'AWS access key, for `aws`. Without it the AWS credential chain is asked: environment, profile, SSO, ' +
      'web identity, container, instance.',
  ),
  secretAccessKey: optional(text('$env.AWS_SECRET_ACCESS_KEY')).describe(
    'AWS secret key, for `aws`. Never logged.',
  ),
  sessionToken: optional(text('$env.AWS_SESSION_TOKEN')).describe(
    'AWS token of temporary credentials, for `aws`. Never logged.',
  ),
  authorizationIdentity: optional(text('AROA…')).describe(
    '`aws` with `client: "kafkajs"`: kafkajs\'s own mechanism `AWS` with this UserId or RoleId, for brokers that ' +
      'have its login module. MSK has not: leave it out there.',
  ),
})
  .optional()
  .describe('How to log in at the brokers. Without it no login takes place.');
