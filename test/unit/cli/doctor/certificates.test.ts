import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type ConnectionOptions } from 'node:tls';
import { after, before, describe, it } from 'node:test';
import { tls } from '../../../../src/cli/doctor/checks/tls.ts';
import { Network } from '../../../../src/cli/doctor/network.ts';
import type { Kafka } from '../../../../src/cli/doctor/target.ts';
import { certificateRefused } from '../../../../src/transport/errors/messages.ts';
import { Secret } from '../../../../src/model/secret.ts';
import { targetWith } from './target.ts';

/** `leaf` holds until 2126. `expired` (2020) and `early` (from 2126 on) are two certificates of the authority that signed it. */
const pem = (name: string): string => readFileSync(new URL(`chain/${name}.pem`, import.meta.url), 'utf8');
const key = pem('key');
const leaf = pem('leaf');

const server = createServer({ key, cert: leaf }, (socket) => socket.on('error', () => undefined));
server.on('tlsClientError', () => undefined);
let broker = '';
before(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  broker = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => server.close());

async function verdictWith(options: ConnectionOptions, kafka: Partial<Kafka> = {}) {
  const { ca, rejectUnauthorized } = options;
  const network = new Network(1_000, new Secret({ ca, rejectUnauthorized }));
  const target = targetWith({ brokers: [broker], tls: new Secret(options), network }, kafka);
  const verdicts = await tls(target);
  assert.ok(typeof verdicts !== 'string');
  assert.equal(verdicts.length, 1);
  const [{ message = '', fix = '' } = {}] = verdicts;
  return { message, fix };
}

describe('a certificate that does not hold', () => {
  /** Node says CERT_HAS_EXPIRED of any of the chain: it "expired on" a day a hundred years ahead. */
  it('is not the one of the broker, where an authority has expired', async () => {
    assert.deepEqual(await verdictWith({ ca: pem('expired') }), {
      message: `The certificate of ${broker} is valid until 2126-01-01, but that of an authority in its chain has expired.`,
      fix:
        'Renew the certificate of the authority where it stands: in settings.kafka.ssl.ca, or in the chain that the broker ' +
        'sends (ssl.keystore of the listener).',
    });
  });

  it('is not the one of the broker, where an authority is not valid yet', async () => {
    assert.deepEqual(await verdictWith({ ca: pem('early') }), {
      message: `The certificate of ${broker} is valid since 2026-01-01, but that of an authority in its chain is not valid yet.`,
      fix:
        'Check the clock of this machine. If it is right, replace the certificate of the authority where it stands: in ' +
        'settings.kafka.ssl.ca, or in the chain that the broker sends (ssl.keystore of the listener).',
    });
  });
});

describe("a client's certificate that the listener refuses", () => {
  const refusal = certificateRefused('b1:9093', new Error('ssl/tls alert certificate expired'));
  const reach = () => Promise.reject(refusal);
  const trusting = { rejectUnauthorized: false };

  /** It was set, and had expired: "Set settings.kafka.ssl.cert and key". */
  it('is to be renewed where there is one', async () => {
    for (const own of [{ cert: leaf, key }, { pfx: Buffer.from('any') }]) {
      assert.deepEqual(await verdictWith({ ...trusting, ...own }, { reach }), {
        message: refusal.message,
        fix:
          "Renew or replace the client's certificate (settings.kafka.ssl.cert and key, or pfx): the listener refuses it, as " +
          'expired or as signed by an authority that is not in its ssl.truststore.',
      });
    }
  });

  it('is to be set where there is none', async () => {
    assert.equal(
      (await verdictWith(trusting, { reach })).fix,
      'Set settings.kafka.ssl.cert and key: the listener asks for a certificate of the client.',
    );
  });
});
