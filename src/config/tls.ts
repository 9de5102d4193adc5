import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { createSecureContext, type ConnectionOptions } from 'node:tls';
import { reasonOf } from '../model/errors.ts';
import { codeOf } from '../model/foreign.ts';
import { certificateProblem, pkcs12Problem } from './tls-material.ts';
import { Secret } from '../model/secret.ts';
import type { Problem } from './problems.ts';

/** The parts of `ssl` that hold certificates or keys. */
const materials = ['ca', 'cert', 'key', 'pfx', 'crl'] as const;
type Material = (typeof materials)[number];

/**
 * What Node's TLS takes. A file's content is a property that reads it each time: certificates that live for hours are
 * replaced in their files, and the next connection takes the new ones.
 */
export function tlsFacts(ssl: boolean | ConnectionOptions): Secret<ConnectionOptions> | undefined {
  if (ssl === false) return undefined;
  const options: ConnectionOptions = ssl === true ? {} : { ...ssl };
  for (const name of materials) {
    const value: unknown = options[name];
    if (value === undefined) continue;
    Object.defineProperty(options, name, { enumerable: true, get: reader(name, value) });
  }
  return new Secret(options);
}

/**
 * What is wrong with certificates and keys, found out before any server is asked. No value of them is quoted.
 * @param path where they stand, such as `settings.kafka.ssl`
 */
export function tlsProblems(ssl: boolean | ConnectionOptions | undefined, path: string): Problem[] {
  if (typeof ssl !== 'object') return [];
  const unread = materials.flatMap((name): Problem[] => {
    const say = materialProblem(name, ssl[name]);
    return say === undefined ? [] : [{ path: `${path}.${name}`, say }];
  });
  if (unread.length > 0) return unread;
  const { cert, key, pfx } = ssl;
  if (pfx === undefined && (cert === undefined) !== (key === undefined)) {
    return cert === undefined
      ? [{ path: `${path}.cert`, say: 'is missing beside key: a private key needs its certificate' }]
      : [{ path: `${path}.key`, say: 'is missing beside cert: a client certificate needs its private key' }];
  }
  try {
    createSecureContext(tlsFacts(ssl)?.reveal());
    return [];
  } catch (failure) {
    return [{ path, say: `cannot be used: ${explained(failure)}` }];
  }
}

function materialProblem(name: Material, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if ([value].flat().some(isRelativePath)) return relative;
  try {
    return problemOf(name, contentOf(name, value));
  } catch (failure) {
    return unreadable(failure);
  }
}

/** Keeps the last content: a file that is being replaced may be away for a moment. */
function reader(name: Material, value: unknown): () => unknown {
  let last: unknown;
  return () => {
    try {
      last = contentOf(name, value);
    } catch (failure) {
      if (last === undefined) throw failure;
    }
    return last;
  };
}

/** @throws as `readFileSync` */
function contentOf(name: Material, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((part: unknown) => contentOf(name, part));
  if (typeof value === 'string') {
    if (isPem(value)) return withLines(value);
    return readFileSync(value);
  }
  return bytesOf(value) ?? value;
}

/** PEM in an environment variable often has its line ends written as `\n`, or as `\r\n`. */
function withLines(pem: string): string {
  return pem.replaceAll('\\r\\n', '\n').replaceAll('\\n', '\n');
}

/** A Buffer that went through JSON. */
function bytesOf(value: unknown): Buffer | undefined {
  if (typeof value !== 'object' || value === null || !('type' in value) || !('data' in value))
    return undefined;
  return value.type === 'Buffer' && Array.isArray(value.data) ? Buffer.from(value.data) : undefined;
}

const isPem = (text: string): boolean => text.includes('-----BEGIN');

/** A flow of `walkeros run` and the commands work in different folders: they would read different files, or none. */
const isRelativePath = (value: unknown): boolean =>
  typeof value === 'string' && !isPem(value) && !isAbsolute(value);

const relative =
  'is neither PEM text ("-----BEGIN …") nor an absolute path: "walkeros run" works in another folder at each start, ' +
  'where a relative path leads to nothing; write the absolute one';

/** What OpenSSL would pass over without a word, or call by names that nobody knows. */
function problemOf(name: Material, content: unknown): string | undefined {
  if (name === 'ca' && Array.isArray(content) && content.length === 0)
    return 'is empty: write a certificate in PEM';
  const parts: unknown[] = Array.isArray(content) ? content : [content];
  return parts.flatMap((part) => partProblem(name, part) ?? [])[0];
}

function partProblem(name: Material, part: unknown): string | undefined {
  // Node's own objects, such as { pem, passphrase } of a key.
  if (typeof part !== 'string' && !Buffer.isBuffer(part)) return undefined;
  if (name === 'ca' || name === 'cert') return certificateProblem(part);
  return name === 'pfx' ? pkcs12Problem(part) : undefined;
}

function unreadable(failure: unknown): string {
  const code = codeOf(failure) ?? 'not readable';
  return `is neither PEM text ("-----BEGIN …") nor the path of a file that can be read (${code})`;
}

/** OpenSSL's words for what goes wrong most often. */
const meanings: readonly (readonly [words: RegExp, meaning: string])[] = [
  [
    /bad decrypt|mac verify failure|interrupted or cancelled/i,
    'the passphrase does not open the key, or is missing',
  ],
  [/key values mismatch/i, 'key and cert do not belong together'],
  [/no start line|bad base64|wrong tag|not enough data|asn1/i, 'a certificate or key is damaged'],
  [
    /PKCS12 PFX data|digital envelope routines::unsupported|inner_evp_generic_fetch/i,
    'it is encrypted as OpenSSL 3 does not take it any more (RC2, DES): encrypt it anew, a .p12 with "openssl pkcs12 -legacy ' +
      '-in old.p12 -nodes | openssl pkcs12 -export -out new.p12", a key with "openssl pkcs8 -topk8 -v2 aes-256-cbc -provider ' +
      'legacy -provider default -in old.key -out new.key"',
  ],
  // One wrong passphrase in 256 decrypts to what has the right padding, and is no key.
  [/DECODER routines::unsupported/, 'the key is damaged, or its passphrase is a wrong one'],
];

function explained(failure: unknown): string {
  // Node quotes a value of a wrong type, and it may be the passphrase.
  const reason = reasonOf(failure).replace(/ Received .*$/s, '');
  const meaning = meanings.find(([words]) => words.test(reason))?.[1];
  const text = reason.replace(/^error:[0-9A-F]+:/, '');
  return meaning === undefined ? text : `${meaning} (${text})`;
}
