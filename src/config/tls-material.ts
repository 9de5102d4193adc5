import { createPrivateKey, X509Certificate } from 'node:crypto';
import { succeeds } from '../model/foreign.ts';

/** What is wrong with something that is to hold certificates in PEM, and how to make it right; undefined: nothing. */
export function certificateProblem(content: string | Buffer): string | undefined {
  const bytes = Buffer.from(content);
  if (bytes.length === 0 || bytes.toString('latin1').trim() === '')
    return 'is empty: write a certificate in PEM';
  const binary = binaryKind(bytes);
  if (binary !== undefined) return `${binary}`;
  const text = bytes.toString('utf8');
  const labels = labelsOf(text);
  if (!labels.some(isCertificate)) return withoutCertificate(text, labels);
  // OpenSSL takes what it finds in front of the first line that it cannot read, and says nothing of the rest.
  const damaged = blocksOf(text).findIndex((block) => !isReadable(block));
  if (isReadable(bytes) && damaged < 0) return undefined;
  return misshapen(text) ?? `holds a damaged certificate: number ${damaged + 1} of ${blocksOf(text).length}`;
}

/** What is wrong with a PKCS12 file before its passphrase is tried. */
export function pkcs12Problem(content: string | Buffer): string | undefined {
  const bytes = Buffer.from(content);
  if (isPkcs12(bytes)) return undefined;
  if (bytes.length === 0) return 'is empty: write a PKCS12 file';
  if (bytes.includes('-----BEGIN')) return 'is PEM, not PKCS12: write it as cert and key';
  return isJavaKeystore(bytes)
    ? `is a Java keystore: turn it into PKCS12 with ${toPkcs12}`
    : 'is no PKCS12 file (.p12, .pfx)';
}

const toPkcs12 =
  '"keytool -importkeystore -srckeystore keystore.jks -destkeystore keystore.p12 -deststoretype PKCS12"';

function binaryKind(bytes: Buffer): string | undefined {
  if (isJavaKeystore(bytes)) {
    return 'is a Java keystore (JKS): turn its certificates into PEM with "keytool -list -rfc -keystore truststore.jks > ca.pem"';
  }
  if (isPkcs12(bytes)) {
    return 'is a PKCS12 file: turn its certificates into PEM with "openssl pkcs12 -in truststore.p12 -nokeys -out ca.pem"';
  }
  // All of DER begins with a sequence.
  if (bytes[0] !== 0x30 || bytes.includes('-----BEGIN')) return undefined;
  if (isReadable(bytes)) {
    return 'is a certificate in DER: turn it into PEM with "openssl x509 -inform der -in ca.der -out ca.pem"';
  }
  if (bytes.subarray(0, 20).includes(Buffer.from('06092a864886f70d010702', 'hex'))) {
    return 'is a PKCS7 file: turn its certificates into PEM with "openssl pkcs7 -inform der -print_certs -in ca.p7b -out ca.pem"';
  }
  return isPrivateKey(bytes) ? `is a private key in DER, ${instead}` : undefined;
}

const instead = 'where a certificate belongs ("-----BEGIN CERTIFICATE-----")';

function withoutCertificate(text: string, labels: readonly string[]): string {
  const [label = ''] = labels;
  if (/PRIVATE KEY/.test(label)) return `holds a private key ${instead}`;
  if (/PUBLIC KEY/.test(label)) return `holds a public key ${instead}`;
  if (/REQUEST/.test(label)) {
    return `holds a request for a certificate ${instead}: write what the authority made of it`;
  }
  if (/PKCS7|CMS/.test(label)) {
    return 'is a PKCS7 file: turn its certificates into PEM with "openssl pkcs7 -print_certs -in ca.p7b -out ca.pem"';
  }
  if (text.startsWith('<')) return `holds a page or XML ${instead}`;
  return 'holds no certificate: PEM text has "-----BEGIN CERTIFICATE-----" in it';
}

/** PEM whose lines OpenSSL does not find. */
function misshapen(text: string): string | undefined {
  const trimmed = text.trim();
  if (/^["'`]/.test(trimmed)) return 'is PEM in quotes: take the quotes away';
  if (/-----BEGIN [^\n]*-----END /.test(trimmed)) {
    return 'is PEM whose line ends are lost: write them as \\n, or give the path of a file';
  }
  if (/^[ \t]+\S/m.test(text))
    return 'is PEM with indented lines: take the spaces in front of the lines away';
  return undefined;
}

function labelsOf(text: string): string[] {
  return [...text.matchAll(/-----BEGIN ([A-Z0-9 ]{1,40})-----/g)].map(([, label = '']) => label);
}

const isCertificate = (label: string): boolean => /^(X509 |TRUSTED )?CERTIFICATE$/.test(label);

function blocksOf(text: string): string[] {
  return text.split(/(?=-----BEGIN )/).filter((part) => labelsOf(part.slice(0, 64)).some(isCertificate));
}

function isReadable(certificate: string | Buffer): boolean {
  return succeeds(() => new X509Certificate(certificate));
}

function isPrivateKey(bytes: Buffer): boolean {
  return (['pkcs8', 'pkcs1', 'sec1'] as const).some((type) =>
    succeeds(() => createPrivateKey({ key: bytes, format: 'der', type })),
  );
}

/** JKS and JCEKS. */
function isJavaKeystore(bytes: Buffer): boolean {
  return bytes.length >= 4 && [0xfeedfeed, 0xcececece].includes(bytes.readUInt32BE(0));
}

/** A sequence that begins with the version 3, and then the content, a sequence itself. */
function isPkcs12(bytes: Buffer): boolean {
  return bytes[0] === 0x30 && bytes.subarray(0, 12).includes(Buffer.from('02010330', 'hex'));
}
