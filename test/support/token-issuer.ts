import { createSign, generateKeyPairSync } from 'node:crypto';
import { scriptedServer } from './scripted-http.ts';

export interface TokenIssuer {
  readonly tokenEndpoint: string;
  readonly jwksEndpoint: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Of the tokens issued from now on, in seconds. */
  life: number;
  /** Where the client's secret has to be: in the header of HTTP Basic, or in the form. */
  secretIn: 'header' | 'form';
  /** Form fields without which no token is given. */
  wanted: Readonly<Record<string, string>>;
  /** False: the endpoint hangs up on everybody. Keys stay to be had. */
  up: boolean;
  /** Every token issued so far. */
  readonly tokens: readonly string[];
  /** Signs a token that may differ from what the endpoint gives. */
  sign(claims?: Readonly<Record<string, unknown>>): string;
  close(): Promise<void>;
}

/** An identity provider with a token endpoint (client credentials) and a JWKS endpoint; RS256. */
export async function startTokenIssuer(subject: string): Promise<TokenIssuer> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const [clientId, clientSecret] = ['kafka-writer', 'client-s3cret-1291'];
  const basic = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
  const tokens: string[] = [];

  const server = await scriptedServer(({ method, path, headers, body }) => {
    if (path === '/jwks') {
      return {
        body: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' }] },
      };
    }
    if (!issuer.up) return { cut: true };
    if (method !== 'POST' || path !== '/token') return { status: 404 };
    const form = new URLSearchParams(body);
    const { authorization } = headers;
    const isClient =
      issuer.secretIn === 'header'
        ? authorization === basic && !form.has('client_secret')
        : authorization === undefined &&
          form.get('client_id') === clientId &&
          form.get('client_secret') === clientSecret;
    if (!isClient) {
      return {
        status: 401,
        body: { error: 'invalid_client', error_description: 'Unknown client or wrong secret' },
      };
    }
    if (form.get('grant_type') !== 'client_credentials') {
      return { status: 400, body: { error: 'unsupported_grant_type' } };
    }
    const missing = Object.entries(issuer.wanted).find(([name, value]) => form.get(name) !== value);
    if (missing !== undefined) {
      return {
        status: 400,
        body: { error: 'invalid_request', error_description: `${missing[0]} is missing` },
      };
    }
    const token = issuer.sign();
    tokens.push(token);
    return { body: { access_token: token, token_type: 'Bearer', expires_in: issuer.life } };
  });

  const issuer: TokenIssuer = {
    tokenEndpoint: `${server.url}/token`,
    jwksEndpoint: `${server.url}/jwks`,
    clientId,
    clientSecret,
    secretIn: 'header',
    wanted: {},
    life: 600,
    up: true,
    tokens,
    sign(claims = {}) {
      const now = Math.floor(Date.now() / 1000);
      const usual = {
        iss: server.url,
        aud: 'kafka',
        sub: subject,
        scope: 'kafka',
        iat: now,
        exp: now + issuer.life,
      };
      const signed = [
        { alg: 'RS256', kid: 'one', typ: 'JWT' },
        { ...usual, ...claims },
      ]
        .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .join('.');
      return `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey, 'base64url')}`;
    },
    close: () => server.close(),
  };
  return issuer;
}

/** Whether the header of a request has a token of this issuer that lives. */
export function bearerLives(issuer: TokenIssuer, authorization: unknown): boolean {
  const token = typeof authorization === 'string' ? authorization.replace(/^Bearer /, '') : '';
  if (!issuer.tokens.includes(token)) return false;
  const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
  return (JSON.parse(claims) as { exp: number }).exp * 1000 > Date.now();
}
