import { optional, z } from 'zod';
import { typeNames } from './fields.ts';
import { oauthBearerProvider, oauthExample, oauthFields } from './oauth.ts';
import { tlsOptions } from './security-schema.ts';
import { bearerToken, checked, headerText, object, text } from './values.ts';

/** What a Schema Registry is reached with, the same in `config.setup` and in `settings.value`. */

const url = checked(text('https://registry:8081'), urlProblem).trim();

export const registryOAuth = object(oauthExample, oauthFields('https://registry.example.com')).register(
  typeNames,
  { type: 'OAuthClient' },
);

const auth = object('{ "username": "…", "password": "…" }', {
  username: optional(text('walkeros')).describe('User name (or API key), with `password`.'),
  password: optional(text('$env.REGISTRY_PASSWORD')).describe('Password (or API secret). Never logged.'),
  token: optional(bearerToken('$env.REGISTRY_TOKEN')).describe(
    'A bearer token instead of both. Never logged.',
  ),
  oauth: optional(registryOAuth).describe(
    'OAuth 2 client credentials, instead of a `token`: fetched when it is needed, shared by all requests, and replaced ' +
      'after two thirds of its life; while the endpoint is down the old one goes on.',
  ),
  oauthBearerProvider: optional(oauthBearerProvider).describe(
    'Function that fetches a bearer token, as that of `kafka.sasl` (code only), instead of a `token`. `extensions` of ' +
      'its answer are not sent.',
  ),
  logicalCluster: optional(headerText('lsrc-1a2b3')).describe(
    "For Confluent Cloud, beside a bearer token: the registry's logical cluster, sent as header `target-sr-cluster`.",
  ),
  identityPoolId: optional(headerText('pool-1a2b3')).describe(
    'For Confluent Cloud, beside a bearer token: the identity pool, sent as header `Confluent-Identity-Pool-Id`. ' +
      'Several with commas between.',
  ),
})
  .superRefine((declared, context) => {
    const message = authProblem(
      Object.keys(declared).filter((name) => Reflect.get(declared, name) !== undefined),
    );
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .describe('How to log in at the registry.')
  .register(typeNames, { type: 'RegistryAuth' });

export const registryFields = {
  url: z
    .union([url, z.array(url).min(1, 'is empty: write at least one URL')], {
      error: (issue) => unionMessage(issue),
    })
    .describe(
      'URL of the Schema Registry; several are tried in turn. For Apicurio, include `/apis/ccompat/v7`.',
    ),
  auth: auth.optional(),
  ssl: tlsOptions('must be an object of tls.ConnectionOptions, for example { "ca": "/etc/registry/ca.pem" }')
    .describe(
      "Node's `tls.ConnectionOptions` for `https`, such as a private `ca` or a client certificate. Certificates and keys are PEM " +
        'text, the path of a file, or a Buffer; files are read again for each request.',
    )
    .optional(),
};

/** A schema as users write it, made text. */
export function schemaText(error: (issue: { readonly input?: unknown }) => string) {
  const asObject = z.record(z.string(), z.unknown()).transform((value) => JSON.stringify(value));
  return z.union([z.string().min(1), asObject], { error });
}

/** Credentials, and a key in a query, would stand in every log line that names the URL. */
function urlProblem(value: string): string | undefined {
  if (!URL.canParse(value))
    return 'is not a URL: write it with its scheme, for example "https://registry:8081"';
  const { protocol, username, password } = new URL(value);
  if (username !== '' || password !== '') {
    return 'holds a user name or password: put those into auth';
  }
  const surplus = /[?#]/.exec(value)?.[0];
  if (surplus !== undefined) {
    return `holds a "${surplus}", and the path of each call is written behind the URL: cut it off there, and put a login into auth`;
  }
  return protocol === 'http:' || protocol === 'https:' ? undefined : 'must begin with http:// or https://';
}

const bearers = ['token', 'oauth', 'oauthBearerProvider'];

/** @param written the fields that are set */
function authProblem(written: readonly string[]): string | undefined {
  const [first, ...others] = written.filter((name) => bearers.includes(name));
  const [surplus] = [
    ...others,
    ...written.filter((name) => first !== undefined && /^(username|password)$/.test(name)),
  ];
  if (surplus !== undefined)
    return `holds ${first} beside ${surplus}: keep one of them, since only one can log in`;
  if (first !== undefined) return undefined;
  if (!written.includes('username') || !written.includes('password'))
    return 'needs username and password, or a bearer token: token, oauth, or in code an oauthBearerProvider';
  const [unread] = written.filter((name) => /^(logicalCluster|identityPoolId)$/.test(name));
  return unread && `holds ${unread}, which goes with a bearer token only (token, oauth): remove it`;
}

function unionMessage({ input }: { input?: unknown }): string {
  const example = 'for example "https://registry:8081"';
  if (input === undefined) return `is missing: write the URL of the registry, ${example}`;
  const first = [input].flat().find((value) => typeof value !== 'string' || urlProblem(value) !== undefined);
  const problem = typeof first === 'string' ? urlProblem(first) : undefined;
  return problem ?? `must be a URL or a list of URLs, ${example}`;
}
