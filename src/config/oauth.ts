import { z } from 'zod';
import { Secret } from '../model/secret.ts';
import { typeNames } from './fields.ts';
import type { OAuthBearerProvider } from './providers.ts';
import { choice, httpAddress, isFunction, optional, text, texts, withDefault } from './values.ts';

/** Bearer tokens, as the login at brokers and that at a registry take them. */

/** Form fields that have a setting of their own, or that may not be changed. */
const ownFields: Readonly<Record<string, string>> = {
  client_id: 'clientId and tokenEndpointAuthMethod',
  client_secret: 'clientSecret and tokenEndpointAuthMethod',
  scope: 'scope',
  audience: 'audience',
};

function reservedField(name: string): string | undefined {
  if (name === 'grant_type') return 'cannot be changed: the grant is always client_credentials';
  const setting = Object.hasOwn(ownFields, name) ? ownFields[name] : undefined;
  return setting && `has a setting of its own: write ${setting} beside parameters`;
}

/**
 * Client credentials of OAuth 2.
 * @param audience an example
 */
export const oauthFields = (audience: string) => ({
  tokenEndpoint: httpAddress('https://idp.example.com/oauth2/token').describe(
    'URL of the token endpoint, called with `POST`; it has 4 s to answer. Its certificate is checked against ' +
      "Node's CAs and those of `NODE_EXTRA_CA_CERTS`.",
  ),
  clientId: text('kafka-writer').describe('OAuth client ID, sent as `tokenEndpointAuthMethod` says.'),
  clientSecret: text('$env.OAUTH_CLIENT_SECRET').describe(
    'OAuth client secret, sent as `tokenEndpointAuthMethod` says. Never logged.',
  ),
  tokenEndpointAuthMethod: choice(['client_secret_basic', 'client_secret_post'])
    .default('client_secret_basic')
    .describe(
      'Where the client ID and secret are sent: `client_secret_basic` in the header of HTTP Basic authentication, ' +
        '`client_secret_post` as the form fields `client_id` and `client_secret`.',
    ),
  scope: optional(text('kafka')).describe('Scope of the token, if the endpoint requires one.'),
  audience: optional(text(audience)).describe(
    'Form field `audience`, which some issuers want (Auth0): the API that the token is for.',
  ),
  parameters: withDefault(texts(`{ "resource": "${audience}" }`, reservedField), {}).describe(
    'Further form fields of the request, name to text, such as `resource`. Never logged.',
  ),
});

export const oauthExample = '{ "tokenEndpoint": "https://…", "clientId": "…", "clientSecret": "$env.…" }';

export const oauthBearerProvider = z
  .custom<OAuthBearerProvider>(isFunction, { error: 'must be a function that answers { value: "<token>" }' })
  .register(typeNames, { type: 'OAuthBearerProvider', from: './providers.ts' });

/** As parsed, with its secrets wrapped. */
export function oauthLogin<Parsed extends { clientSecret: string; parameters: Record<string, string> }>({
  clientSecret,
  parameters,
  ...others
}: Parsed) {
  return { ...others, clientSecret: new Secret(clientSecret), parameters: new Secret(parameters) };
}
