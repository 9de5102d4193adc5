import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import { tlsFacts, tlsProblems } from '../../../src/options/tls.ts';
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
const path = 'settings.kafka.ssl';

describe('certificates and keys', () => {
  const folder = tempFolder();
  const file = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const revealed = (ssl: ConnectionOptions): object => ({ ...tlsFacts(ssl)?.reveal() });

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
      /^: cannot be used: a certificate or key is damaged \(/,
    ],
    ['a version that there is not', { minVersion: 'TLSv9' as 'TLSv1.3' }, /^: cannot be used: .*TLSv9/],
  ];
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
