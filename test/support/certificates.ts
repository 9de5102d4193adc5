import { execFile } from 'node:child_process';
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What a broker and its clients need for TLS, all signed by one authority that nobody else knows. PEM but for `pfx`. */
export interface Certificates {
  readonly ca: string;
  /** For 127.0.0.1, and for no host name. */
  readonly broker: { readonly key: string; readonly cert: string };
  /** Over since yesterday. */
  readonly expiredBroker: { readonly key: string; readonly cert: string };
  readonly client: { readonly key: string; readonly cert: string };
  readonly expiredClient: { readonly key: string; readonly cert: string };
  /** Another key of a client, as PKCS12. */
  readonly pfx: Buffer;
  /** Opens the client's key and the PKCS12. */
  readonly passphrase: string;
}

const run = promisify(execFile);
const keytool = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'keytool') : 'keytool';

/** A start costs a second of processor, and there are many. */
const jvmFlags = ['-J-XX:TieredStopAtLevel=1', '-J-XX:+UseSerialGC'];

/** Made by the JDK's keytool; private keys that are wanted as PEM are Node's, since keytool gives none away. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const passphrase = randomBytes(12).toString('hex');
  const file = (name: string): string => join(folder, name);
  const tool = (store: string, command: string, ...args: string[]) => {
    const keystore = ['-keystore', file(store), '-storetype', 'PKCS12', '-storepass', passphrase];
    return run(keytool, [...jvmFlags, command, ...keystore, ...args]);
  };
  const valid = ['-validity', '30'];
  const expired = ['-startdate', '-10d', '-validity', '9'];
  const address = ['-ext', 'san=ip:127.0.0.1'];
  const newKey = ['-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', '30'];
  /** keytool ends lines with CR LF. */
  const text = (name: string): string => readFileSync(file(name), 'utf8').replaceAll('\r', '');

  async function signed(name: string, ...extensions: readonly string[]): Promise<string> {
    const files = ['-infile', file(`${name}.csr`), '-outfile', file(`${name}.pem`)];
    await tool('ca.p12', '-gencert', '-alias', 'ca', '-rfc', ...files, ...extensions);
    return text(`${name}.pem`);
  }
  async function issue(name: string, ...extensions: readonly string[]) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(file(`${name}.csr`), signingRequest(name, publicKey, privateKey));
    return { privateKey, cert: await signed(name, ...extensions) };
  }
  async function requestPfx(): Promise<void> {
    await tool('pfx.p12', '-genkeypair', '-alias', 'pfx', '-dname', 'CN=pfx', ...newKey);
    await tool('pfx.p12', '-certreq', '-alias', 'pfx', '-file', file('pfx.csr'));
  }

  const pfxRequested = requestPfx();
  await tool(
    ...(['ca.p12', '-genkeypair', '-alias', 'ca', '-dname', 'CN=Test authority'] as const),
    ...['-ext', 'bc:c=ca:true', ...newKey],
  );
  const [broker, expiredBroker, client, expiredClient] = await Promise.all([
    issue('broker', ...valid, ...address),
    issue('expired-broker', ...expired, ...address),
    issue('client', ...valid),
    issue('expired-client', ...expired),
    tool('ca.p12', '-exportcert', '-alias', 'ca', '-rfc', '-file', file('ca.pem')),
    pfxRequested,
  ]);
  const ca = text('ca.pem');
  writeFileSync(file('chain.pem'), ca + (await signed('pfx', ...valid)));
  await tool('pfx.p12', '-importcert', '-alias', 'pfx', '-noprompt', '-file', file('chain.pem'));

  const pem = { type: 'pkcs8', format: 'pem' } as const;
  const open = ({ cert, privateKey }: typeof broker) => ({ cert, key: String(privateKey.export(pem)) });
  const locked = ({ cert, privateKey }: typeof client) => ({
    cert,
    key: String(privateKey.export({ ...pem, cipher: 'aes-256-cbc', passphrase })),
  });
  return {
    ca,
    broker: open(broker),
    expiredBroker: open(expiredBroker),
    client: locked(client),
    expiredClient: locked(expiredClient),
    pfx: readFileSync(file('pfx.p12')),
    passphrase,
  };
}

/** A PKCS10 request in PEM for a certificate in the name of `CN=<name>`. */
function signingRequest(name: string, publicKey: KeyObject, privateKey: KeyObject): string {
  const commonName = Buffer.from('0603550403', 'hex');
  const ecdsaWithSha256 = Buffer.from('300a06082a8648ce3d040302', 'hex');
  const info = der(
    0x30,
    Buffer.from('020100', 'hex'),
    der(0x30, der(0x31, der(0x30, commonName, der(0x0c, Buffer.from(name))))),
    publicKey.export({ type: 'spki', format: 'der' }),
    Buffer.from('a000', 'hex'),
  );
  const signature = der(0x03, Buffer.from([0]), sign('sha256', info, privateKey));
  const base64 = der(0x30, info, ecdsaWithSha256, signature).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE REQUEST-----', ...lines, '-----END CERTIFICATE REQUEST-----', ''].join(
    '\n',
  );
}

/** One DER value, of fewer than 65,536 bytes. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
