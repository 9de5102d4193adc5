/** Printable ASCII without spaces: what a header, and a login of OAUTHBEARER, takes as a token. */
export function isBearerToken(token: string): boolean {
  return /^[\x21-\x7e]+$/.test(token);
}

/** A SASL extension (RFC 7628, 3.1): letters, and a value on one line. `auth` is the token itself. */
export function isSaslExtension(name: string, value: string): boolean {
  return /^[A-Za-z]+$/.test(name) && name !== 'auth' && /^[\x20-\x7e\t\r\n]*$/.test(value);
}
