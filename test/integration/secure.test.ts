import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { inspect } from 'node:util';
import type { Settings } from '../../src/types.ts';
import { KafkaError } from '../../src/vocabulary/errors.ts';
import { freshTopic } from '../support/broker.ts';
import { makeCertificates, type Certificates } from '../support/certificates.ts';
import { event, runFlow } from '../support/flow.ts';
import { captureOutput } from '../support/output.ts';
import { readBack } from '../support/reader.ts';
import {
  startSecureKafka,
  unsignedToken,
  type ListenerName,
  type SecureKafka,
} from '../support/secure-kafka.ts';
import { tempFolder } from '../support/temp.ts';

type Kafka = Omit<Settings['kafka'], 'topic'>;
type Login = Kafka['sasl'];

const name = 'shop';
/** Planted: none of these may ever be seen. Tokens are planted too. */
const password = 'right-s3cret-4711';
const wrong = 'wrong-s3cret-0815';
const awsSecret = 'aws-s3cret-2342';
const token = unsignedToken(name, 3600);
const expiredToken = unsignedToken(name, -3600);

let kafka: SecureKafka;
let certificates: Certificates;
const output = captureOutput();
const folder = tempFolder();

before(async () => {
  certificates = await makeCertificates(folder);
  kafka = await startSecureKafka(certificates, { name, password });
});
after(() => kafka.cluster.stop());

interface Settled {
  readonly what: string;
  readonly at: ListenerName | 'PLAIN';
  /** How the listener is called; default 127.0.0.1. */
  readonly host?: string;
  readonly ssl?: (certificates: Certificates) => Kafka['ssl'];
  readonly sasl?: Login;
}

const trusting = ({ ca }: Certificates): Kafka['ssl'] => ({ ca });
const aws: Login = {
  mechanism: 'aws',
  region: 'eu-west-1',
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: awsSecret,
};

const stored: Settled[] = [
  { what: 'TLS with an own authority', at: 'TLS', ssl: trusting },
  { what: 'TLS, any certificate', at: 'TLS', ssl: () => ({ rejectUnauthorized: false }) },
  {
    what: "TLS with a server name that the broker's certificate has not, checked by the user's own function",
    at: 'TLS',
    ssl: ({ ca }) => ({ ca, servername: 'kafka.internal', checkServerIdentity: () => undefined }),
  },
  {
    what: "client's certificate in PEM, its key encrypted",
    at: 'MUTUAL',
    ssl: ({ ca, client: { key, cert }, passphrase }) => ({ ca, key, cert, passphrase }),
  },
  {
    what: "client's certificate in PKCS12",
    at: 'MUTUAL',
    ssl: ({ ca, pfx, passphrase }) => ({ ca, pfx, passphrase }),
  },
  ...(['plain', 'scram-sha-256', 'scram-sha-512'] as const).map((mechanism): Settled => ({
    what: `${mechanism} over TLS`,
    at: 'LOGIN',
    ssl: trusting,
    sasl: { mechanism, username: name, password },
  })),
  {
    what: 'scram-sha-512 without TLS',
    at: 'BARE',
    sasl: { mechanism: 'scram-sha-512', username: name, password },
  },
  { what: 'oauthbearer, fixed token', at: 'LOGIN', ssl: trusting, sasl: { mechanism: 'oauthbearer', token } },
  {
    what: 'oauthbearer, token from a function',
    at: 'LOGIN',
    ssl: trusting,
    sasl: {
      mechanism: 'oauthbearer',
      oauthBearerProvider: () => Promise.resolve({ value: unsignedToken(name, 600) }),
    },
  },
];

interface Refused extends Settled {
  readonly code: string;
  /** BROKER stands for the address. */
  readonly message: string | RegExp;
}

const refusedLogin = (login: string, reason: string): string =>
  `Kafka at BROKER refused to authenticate with ${login}: ${reason}. Check settings.kafka.sasl.`;

const refused: Refused[] = [
  {
    what: 'TLS with an authority that Node does not know',
    at: 'TLS',
    ssl: () => true,
    code: 'TLS_FAILED',
    message:
      /^TLS to BROKER failed: (self-signed certificate in certificate chain|unable to verify the first certificate.*)\. Check the certificates: settings\.kafka\.ssl\.ca for a private authority, cert and key where the broker asks for one\.$/,
  },
  {
    what: 'TLS to a host name that is not in the certificate',
    at: 'TLS',
    host: 'localhost',
    ssl: trusting,
    code: 'TLS_FAILED',
    message:
      /^TLS to BROKER failed: Hostname\/IP does not match certificate's altnames: .*localhost.*Check the/,
  },
  {
    what: 'no certificate where the broker asks for one',
    at: 'MUTUAL',
    ssl: trusting,
    code: 'TLS_FAILED',
    message:
      'TLS to BROKER failed: ssl/tls alert bad certificate. Check the certificates: settings.kafka.ssl.ca for a private ' +
      'authority, cert and key where the broker asks for one.',
  },
  {
    what: 'TLS to a plain port',
    at: 'PLAIN',
    ssl: trusting,
    code: 'TLS_FAILED',
    message:
      'The broker at BROKER does not speak TLS on this port: remove settings.kafka.ssl or use the TLS port.',
  },
  {
    what: 'no TLS to a TLS port',
    at: 'TLS',
    code: 'TLS_FAILED',
    message: 'The broker at BROKER wants TLS on this port: set settings.kafka.ssl or use the plain port.',
  },
  {
    what: 'a login without TLS to a TLS port',
    at: 'LOGIN',
    sasl: { mechanism: 'scram-sha-512', username: name, password },
    code: 'TLS_FAILED',
    message: 'The broker at BROKER wants TLS on this port: set settings.kafka.ssl or use the plain port.',
  },
  {
    what: 'wrong password with plain',
    at: 'LOGIN',
    ssl: trusting,
    sasl: { mechanism: 'plain', username: name, password: wrong },
    code: 'AUTHENTICATION_FAILED',
    message: refusedLogin('plain as "shop"', 'Authentication failed: Invalid username or password'),
  },
  ...(['scram-sha-256', 'scram-sha-512'] as const).map((mechanism): Refused => ({
    what: `wrong password with ${mechanism}`,
    at: 'LOGIN',
    ssl: trusting,
    sasl: { mechanism, username: name, password: wrong },
    code: 'AUTHENTICATION_FAILED',
    message: refusedLogin(
      `${mechanism} as "shop"`,
      `Authentication failed during authentication due to invalid credentials with SASL mechanism ${mechanism.toUpperCase()}`,
    ),
  })),
  {
    what: 'unknown user',
    at: 'LOGIN',
    ssl: trusting,
    sasl: { mechanism: 'scram-sha-256', username: 'stranger', password },
    code: 'AUTHENTICATION_FAILED',
    message:
      /^Kafka at BROKER refused to authenticate with scram-sha-256 as "stranger": .*invalid credentials/,
  },
  {
    what: 'mechanism that the listener does not offer',
    at: 'BARE',
    sasl: { mechanism: 'plain', username: name, password },
    code: 'AUTHENTICATION_FAILED',
    message: refusedLogin('plain as "shop"', 'The broker does not support the requested SASL mechanism'),
  },
  {
    what: 'expired token',
    at: 'LOGIN',
    ssl: trusting,
    sasl: { mechanism: 'oauthbearer', token: expiredToken },
    code: 'AUTHENTICATION_FAILED',
    message: /^Kafka at BROKER refused to authenticate with oauthbearer: .*\. Check settings\.kafka\.sasl\.$/,
  },
  {
    what: "MSK's token at a broker that is not MSK",
    at: 'LOGIN',
    ssl: trusting,
    sasl: aws,
    code: 'AUTHENTICATION_FAILED',
    message: /^Kafka at BROKER refused to authenticate with aws: .*\. Check settings\.kafka\.sasl\.$/,
  },
];

for (const client of ['platformatic', 'kafkajs'] as const) {
  describe(`locked clusters, ${client}`, () => {
    it('stores through every door', async () => {
      const { direct } = kafka.cluster;
      const topic = await freshTopic('secure', { brokers: direct });
      for (const [index, row] of stored.entries()) {
        const flow = await runFlow({ kafka: { ...settingsOf(row), topic, client } });
        const result = await flow.push(event({ timestamp: 1_700_000_000_000 + index }));
        await flow.stop();
        assert.ok(result.ok, `${row.what}: ${flow.log.join('\n')}`);
        assertKept(flow.log.join('\n'));
      }
      const records = await readBack(direct, topic, { count: stored.length });
      const times = records.map(({ timestamp }) => timestamp - 1_700_000_000_000);
      assert.deepEqual(
        times.sort((a, b) => a - b).map((index) => stored[index]?.what),
        stored.map(({ what }) => what),
      );
    });

    for (const row of refused) {
      it(`refuses at once and says why: ${row.what}`, async () => {
        const settings = settingsOf(row);
        const flow = await runFlow({ kafka: { ...settings, topic: 'never-made', client } });
        const begun = performance.now();
        const result = await flow.push(event());
        const took = performance.now() - begun;
        await flow.stop();
        const error = result.failed?.kafka?.error;
        assert.ok(error instanceof KafkaError, flow.log.join('\n'));
        const message = error.message.replaceAll(settings.brokers.join(), 'BROKER');
        if (typeof row.message === 'string') assert.equal(message, row.message);
        else assert.match(message, row.message);
        assert.equal(error.code, row.code);
        assert.ok(took < 5_000, `took ${took} ms`);
        // At the start, too, before any event.
        assert.ok(
          flow.log.some((line) => line.startsWith(`WARN ${error.message}`)),
          flow.log.join('\n'),
        );
        assertKept(flow.log.join('\n'));
        assertKept(inspect(error, { depth: Infinity, showHidden: true }));
      });
    }

    // kafkajs opened a second socket on a connection that was ending, lost it in its greeting, and so the message came
    // to be that the port speaks no TLS.
    it('no login where the listener asks for one: tries on, and says what the broker may want', async () => {
      const row: Settled = { what: '', at: 'LOGIN', ssl: trusting };
      const flow = await runFlow({
        kafka: { ...settingsOf(row), topic: 'never-made', client, deliveryTimeout: 3_000 },
      });
      const result = await flow.push(event());
      await flow.stop();
      const error = result.failed?.kafka?.error;
      assert.ok(error instanceof KafkaError, flow.log.join('\n'));
      assert.equal(error.code, 'DEADLINE_EXCEEDED');
      assert.match(
        error.message,
        /It hangs up on us: the port may want TLS \(settings\.kafka\.ssl\) or credentials \(settings\.kafka\.sasl\)\.$/,
      );
      assert.doesNotMatch(flow.log.join('\n'), /does not speak TLS/);
    });

    it('a function that cannot fetch a token says so, and the event waits for it', async () => {
      const topic = await freshTopic('secure', { brokers: kafka.cluster.direct });
      let asked = 0;
      const oauthBearerProvider = () => {
        asked += 1;
        if (asked < 3) return Promise.reject(new Error('issuer is down'));
        return Promise.resolve({ value: token });
      };
      const row: Settled = {
        what: '',
        at: 'LOGIN',
        ssl: trusting,
        sasl: { mechanism: 'oauthbearer', oauthBearerProvider },
      };
      const flow = await runFlow({ kafka: { ...settingsOf(row), topic, client } });
      const result = await flow.push(event());
      await flow.stop();
      assert.ok(result.ok, flow.log.join('\n'));
      assert.ok(
        flow.log.includes(
          'WARN settings.kafka.sasl.oauthBearerProvider failed: issuer is down ' +
            'Pushes wait for it until their deadline.',
        ),
        flow.log.join('\n'),
      );
    });
  });
}

it('nothing secret was printed', () => {
  assertKept(output.text());
});

function settingsOf({ at, host, ssl, sasl }: Settled): Kafka {
  const address = at === 'PLAIN' ? (kafka.cluster.brokers[0] ?? '') : kafka.at[at];
  return {
    brokers: [host === undefined ? address : address.replace('127.0.0.1', host)],
    ...(ssl && { ssl: ssl(certificates) }),
    ...(sasl && { sasl }),
  };
}

function assertKept(text: string): void {
  const { passphrase, client } = certificates;
  const secrets = [password, wrong, awsSecret, token, expiredToken, passphrase, client.key.slice(60, 120)];
  for (const secret of secrets) {
    const at = text.indexOf(secret);
    assert.equal(at, -1, `a secret shows in: ${text.slice(Math.max(0, at - 200), at)}`);
  }
}
