/** Where TLS is spoken, a plain request is answered with an alert: record type 21, version 3.x. */
export function isTlsAlert(bytes: Buffer): boolean {
  return bytes[0] === 21 && bytes[1] === 3;
}
