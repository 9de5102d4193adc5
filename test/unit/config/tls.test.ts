import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import { tlsFacts, tlsProblems } from '../../../src/config/tls.ts';
import { problems } from './problems.ts';
import { tempFolder } from '../../support/temp.ts';

const pem = (name: string): string =>
  readFileSync(new URL(`../../contract/tls/${name}.pem`, import.meta.url), 'utf8');
const [cert, key] = [pem('certificate'), pem('key')];
/** Opens locked-key.pem. */
const passphrase = 'pass-phrase';
const { privateKey: foreign } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const locked = pem('locked-key');
const foreignDer = createPrivateKey(foreign).export({ type: 'pkcs8', format: 'der' });
const oldKey = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGwMBsGCSqGSIb3DQEFAzAOBAjDokYg7eXwPgICCAAEgZBySYS5sp/UlhzUSpwA
wyutxIr0FoiwC2uRBiOZxORY6axYeGaEoi5/FYmar3ROvkgvd6VPDo8YCPGM/twp
5IaLXWfH7z8qjPRdWnZx1Y2hNyxyHtcQQhNy5McQ4hyOCSNCJ/dWrY1PIT4M40rm
FgXHMmjzSiA1yEWFc3u4UGYJvrcn6UlJIcOG9EdNucsunRI=
-----END ENCRYPTED PRIVATE KEY-----
`;
const path = 'settings.kafka.ssl';

describe('certificates and keys', () => {
  const folder = tempFolder();
  const file = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const revealed = (ssl: ConnectionOptions): ConnectionOptions => ({ ...tlsFacts(ssl)?.reveal() });

  it('are taken as text, with line ends as environment variables have them', () => {
    assert.deepEqual(revealed({ ca: [cert.replaceAll('\n', '\\n')], servername: 'kafka1' }), {
      ca: [cert],
      servername: 'kafka1',
    });
  });

  it('are taken from files, and anew each time', () => {
    const path = file('tls.crt', cert);
    const facts = tlsFacts({ cert: path, key })?.reveal();
    assert.equal(String(facts?.cert), cert);
    writeFileSync(path, 'replaced');
    assert.equal(String({ ...facts }.cert), 'replaced');
  });

  it('stay what they were while their file is away', () => {
    const path = file('gone.crt', cert);
    const facts = tlsFacts({ cert: path, key })?.reveal();
    assert.equal(String(facts?.cert), cert);
    rmSync(path);
    assert.equal(String(facts?.cert), cert);
  });

  it('are taken as buffers, and as buffers that went through JSON', () => {
    const json = JSON.parse(
      JSON.stringify({ cert: Buffer.from(cert), key: Buffer.from(key) }),
    ) as ConnectionOptions;
    assert.deepEqual(revealed(json), { cert: Buffer.from(cert), key: Buffer.from(key) });
    assert.deepEqual(tlsProblems(json, path), []);
  });

  it('leave the settings as they are', () => {
    const ssl = Object.freeze({ ca: file('ca.crt', cert), minVersion: 'TLSv1.3' } as const);
    assert.equal(String(tlsFacts(ssl)?.reveal().ca), cert);
    assert.equal(ssl.ca, join(folder, 'ca.crt'));
  });

  it('are no problem where they are right', () => {
    assert.deepEqual(tlsProblems(true, path), []);
    assert.deepEqual(tlsProblems({ ca: cert, cert: file('a.crt', cert), key: file('a.key', key) }, path), []);
  });

  const unreadable = 'is neither PEM text ("-----BEGIN …") nor the path of a file that can be read';
  const wrong: [what: string, ssl: ConnectionOptions, problem: RegExp][] = [
    ['a missing file', { ca: '/nowhere/ca.pem' }, new RegExp(`^ca: ${escaped(unreadable)} \\(ENOENT\\)$`)],
    ['a folder', { key: tempFolder(), cert }, new RegExp(`^key: ${escaped(unreadable)} \\(EISDIR\\)$`)],
    [
      'one of several',
      { ca: [cert, '/nowhere/ca.pem'] },
      new RegExp(`^ca: ${escaped(unreadable)} \\(ENOENT\\)$`),
    ],
    [
      'a wrong passphrase',
      { cert, key: locked, passphrase: 'wrong' },
      /^: cannot be used: the passphrase does not open the key, or is missing \(/,
    ],
    [
      // Once a key was made anew for each run of this test, and one run in 256 met this.
      'a wrong passphrase that decrypts to something, which is no key',
      { cert, key: locked, passphrase: 'wrong-73' },
      /^: cannot be used: the key is damaged, or its passphrase is a wrong one \(DECODER routines::unsupported\)$/,
    ],
    [
      'a damaged key',
      { cert, key: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n' },
      /^: cannot be used: the key is damaged, or its passphrase is a wrong one \(DECODER routines::unsupported\)$/,
    ],
    [
      'no passphrase',
      { cert, key: locked },
      /^: cannot be used: the passphrase does not open the key, or is missing \(/,
    ],
    ['another key', { cert, key: foreign }, /^: cannot be used: key and cert do not belong together \(/],
    [
      'a damaged certificate',
      { cert: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', key },
      /^cert: holds a damaged certificate: number 1 of 1$/,
    ],
    ['a version that there is not', { minVersion: 'TLSv9' as 'TLSv1.3' }, /^: cannot be used: .*TLSv9/],
  ];
  const der = new X509Certificate(cert).raw;
  const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');
  /**
   * OpenSSL takes a `ca` without a certificate in it, and trusts nobody then: the broker's certificate was refused with
   * "give the authority as settings.kafka.ssl.ca", which was given.
   */
  const noAuthority: [what: string, ca: string | Buffer | Buffer[], problem: RegExp][] = [
    ['empty', Buffer.alloc(0), /^is empty: write a certificate in PEM$/],
    ['an empty list', [], /^is empty: write a certificate in PEM$/],
    ['white space', Buffer.from(' \n\n'), /^is empty/],
    [
      'a Java keystore',
      bytes('feedfeed 00000002'),
      /^is a Java keystore \(JKS\): .*"keytool -list -rfc -keystore /,
    ],
    [
      'PKCS12',
      bytes('308209ff 020103 308209b5 06092a86'),
      /^is a PKCS12 file: .*"openssl pkcs12 -in .* -nokeys -out /,
    ],
    [
      'DER',
      der,
      /^is a certificate in DER: turn it into PEM with "openssl x509 -inform der -in ca\.der -out ca\.pem"$/,
    ],
    [
      'PKCS7',
      bytes('3082 04b0 06092a864886f70d010702 a0'),
      /^is a PKCS7 file: .*"openssl pkcs7 -inform der -print_certs /,
    ],
    [
      'a private key',
      key,
      /^holds a private key where a certificate belongs \("-----BEGIN CERTIFICATE-----"\)$/,
    ],
    ['a private key in DER', foreignDer, /^is a private key in DER, where a certificate belongs/],
    [
      'junk',
      Buffer.from('hello'),
      /^holds no certificate: PEM text has "-----BEGIN CERTIFICATE-----" in it$/,
    ],
    ['a page', Buffer.from('<html>'), /^holds a page or XML where a certificate belongs/],
    ['quotes', `"${cert}"`, /^is PEM in quotes: take the quotes away$/],
    [
      'lost line ends',
      cert.replaceAll('\n', ' '),
      /^is PEM whose line ends are lost: write them as \\n, or give the path/,
    ],
    ['indented', cert.replaceAll(/^/gm, '  '), /^is PEM with indented lines: /],
    [
      'a second one that is damaged',
      cert + cert.replace('MII', 'MIX'),
      /^holds a damaged certificate: number 2 of 2$/,
    ],
  ];
  for (const [what, ca, problem] of noAuthority) {
    it(`a ca without a certificate is refused at the start: ${what}`, () => {
      const given = Buffer.isBuffer(ca) ? file(`${what}.ca`, '') : ca;
      if (Buffer.isBuffer(ca) && typeof given === 'string') writeFileSync(given, ca);
      for (const name of ['ca', ...(Array.isArray(ca) ? [] : ['cert'])] as const) {
        const ssl = name === 'ca' ? { ca: given } : { cert: given, key };
        const [found, ...others] = tlsProblems(ssl, path);
        assert.deepEqual([found?.path, others], [`${path}.${name}`, []]);
        assert.match(found?.say ?? '', problem);
      }
    });
  }

  it('a registry has its ca looked at, too', () => {
    const registry = { url: 'https://registry:8081', ssl: { ca: `"${cert}"` } };
    assert.deepEqual(problems({ value: { format: 'avro', schema: '{"type":"string"}', registry } }), [
      'settings.value.registry.ssl.ca: is PEM in quotes: take the quotes away',
    ]);
  });

  it('are taken with line ends written as \\r\\n, and with text around them', () => {
    assert.deepEqual(tlsProblems({ ca: cert.replaceAll('\n', '\\r\\n') }, path), []);
    assert.equal(revealed({ ca: cert.replaceAll('\n', '\\r\\n') }).ca, cert);
    assert.deepEqual(tlsProblems({ ca: `subject=CN = a\n${cert}\nissuer=CN = b\n${cert}` }, path), []);
    assert.deepEqual(tlsProblems({ ca: cert.replaceAll('\n', '\r\n') }, path), []);
  });

  const notPkcs12: [what: string, pfx: Buffer, problem: RegExp][] = [
    ['PEM', Buffer.from(cert + key), /^is PEM, not PKCS12: write it as cert and key$/],
    [
      'a Java keystore',
      bytes('feedfeed 00000002'),
      /^is a Java keystore: turn it into PKCS12 with "keytool -importkeystore /,
    ],
    ['empty', Buffer.alloc(0), /^is empty/],
    ['junk', Buffer.from('junk'), /^is no PKCS12 file/],
  ];
  for (const [what, pfx, problem] of notPkcs12) {
    it(`a pfx that is no PKCS12 is refused: ${what}`, () => {
      const [found, ...others] = tlsProblems({ pfx, passphrase }, path);
      assert.deepEqual([found?.path, others], [`${path}.pfx`, []]);
      assert.match(found?.say ?? '', problem);
    });
  }

  // PBE-MD5-DES, made with openssl pkcs8 -topk8 -v1 PBE-MD5-DES -provider legacy; it said "routines::unsupported".
  it('a key encrypted with DES is refused with the way to encrypt it anew', () => {
    const [found] = tlsProblems({ cert, key: oldKey, passphrase: 'x' }, path);
    assert.match(
      found?.say ?? '',
      /^cannot be used: it is encrypted as OpenSSL 3 does not take it any more .*"openssl pkcs8 /,
    );
  });

  // Node quotes what has a wrong type.
  it('a passphrase that is no text is not quoted', () => {
    const ssl = { cert, key: locked, passphrase: 90_210_777 as unknown as string };
    const [found] = tlsProblems(ssl, path);
    assert.equal(found?.say, 'cannot be used: The "options.passphrase" property must be of type string.');
  });

  for (const [what, ssl, problem] of wrong) {
    it(`are refused before any broker is asked: ${what}`, () => {
      const found = tlsProblems(ssl, path).map(
        ({ path, say }) => `${path.replace(/^settings\.kafka\.ssl\.?/, '')}: ${say}`,
      );
      assert.equal(found.length, 1);
      assert.match(found[0] ?? '', problem);
      assert.ok(!found[0]?.includes(passphrase));
    });
  }
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
