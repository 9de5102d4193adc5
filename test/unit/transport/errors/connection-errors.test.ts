import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { brokerCode, connectionError } from '../../../../src/transport/errors/connection-errors.ts';
import type { ClientOptions } from '../../../../src/transport/port.ts';
import { Secret } from '../../../../src/model/secret.ts';
import { clientOptions as plain } from '../../../support/client-options.ts';

const tls: ClientOptions = { ...plain, tls: new Secret({}) };

function error(message: string, facts: object = {}): Error {
  return Object.assign(new Error(message), facts);
}

describe('connection errors', () => {
  it('finds the plainest reason within the wrappers of a library', () => {
    const refused = error('connect ECONNREFUSED 10.0.0.1:9092', { code: 'ECONNREFUSED' });
    const wrapped = new AggregateError([
      error('Connection to b1:9092 failed.', { code: 'PLT_KFK_NETWORK', cause: refused }),
    ]);
    const { code, message } = connectionError(wrapped, 'b1:9092', plain);
    assert.equal(code, 'BROKER_UNREACHABLE');
    assert.equal(
      message,
      'Cannot reach Kafka at b1:9092: connect ECONNREFUSED 10.0.0.1:9092. Check settings.kafka.brokers and the network.',
    );
  });

  /** A name with two addresses, such as localhost: "Cannot reach Kafka at b1:9092: . Check …". */
  it('tells the reason of each address of a host', () => {
    const refused = (address: string) =>
      error(`connect ECONNREFUSED ${address}:9092`, { code: 'ECONNREFUSED' });
    const both = new AggregateError([refused('::1'), refused('127.0.0.1')]);
    const cause = Object.assign(both, { code: 'ECONNREFUSED' });
    const wrapped = error('Connection to b1:9092 failed.', { code: 'PLT_KFK_NETWORK', cause });
    assert.equal(
      connectionError(wrapped, 'b1:9092', plain).message,
      'Cannot reach Kafka at b1:9092: connect ECONNREFUSED ::1:9092, connect ECONNREFUSED 127.0.0.1:9092. ' +
        'Check settings.kafka.brokers and the network.',
    );
    // kafkajs keeps the message alone, which is empty.
    const ofKafkajs = error('Connection error: ', { code: 'ECONNREFUSED' });
    assert.equal(
      connectionError(ofKafkajs, 'b1:9092', plain).message,
      'Cannot reach Kafka at b1:9092: ECONNREFUSED. Check settings.kafka.brokers and the network.',
    );
  });

  /** In the chaos, brokers that were restarted hung up: operators read that their TLS settings might be wrong. */
  it('doubts the settings of a port that hangs up only until they have reached the cluster', () => {
    const hungUp = error('Connection closed while waiting for ready');
    const message = (reachedBefore: boolean) =>
      connectionError(hungUp, 'b1:9092', plain, reachedBefore).message;
    const start = 'Cannot reach Kafka at b1:9092: Connection closed while waiting for ready.';
    assert.equal(
      message(false),
      `${start} It hangs up on us: the port may want TLS (settings.kafka.ssl) or credentials (settings.kafka.sasl).`,
    );
    assert.equal(message(true), `${start} Check settings.kafka.brokers and the network.`);
  });

  /** Our own time-out had ended it: "It hangs up on us: the port may want TLS (…) or credentials (…)". */
  it('accuses nobody of hanging up where the broker does not answer', () => {
    const interrupted = error('Cannot find a suitable SASL mechanism.', {
      code: 'PLT_KFK_AUTHENTICATION',
      cause: error('Connection closed', { code: 'PLT_KFK_NETWORK' }),
    });
    const login = new AggregateError([
      error('Connection to b1:9092 timed out.', { code: 'PLT_KFK_NETWORK' }),
      error('Connection to b1:9092 failed.', { code: 'PLT_KFK_NETWORK', cause: interrupted }),
    ]);
    assert.equal(
      connectionError(login, 'b1:9092', plain).message,
      'Cannot reach Kafka at b1:9092: Connection to b1:9092 timed out. Check settings.kafka.brokers and the network.',
    );
    const question = error('Request timed out', { code: 'PLT_KFK_NETWORK' });
    const message = (reachedBefore: boolean) =>
      connectionError(question, 'b1:9092', plain, reachedBefore).message;
    const start = 'Cannot reach Kafka at b1:9092: Request timed out.';
    assert.equal(
      message(false),
      `${start} It accepts connections and does not answer: a frozen broker, or no Kafka.`,
    );
    assert.equal(message(true), `${start} Check settings.kafka.brokers and the network.`);
  });

  it('leaves out what kafkajs puts before it', () => {
    const thrown = error('Connection error: connect ECONNREFUSED 10.0.0.1:9092', { code: 'ECONNREFUSED' });
    assert.match(
      connectionError(thrown, 'b1:9092', plain).message,
      /^Cannot reach Kafka at b1:9092: connect ECONNREFUSED/,
    );
  });

  it('sets a refused login above every other failure, and names no secret', () => {
    const login = error('SASL authentication failed.', {
      code: 'PLT_KFK_AUTHENTICATION',
      cause: error('SASL Authentication failed.', {
        apiCode: 58,
        serverErrorMessage: 'Invalid username or password',
      }),
    });
    const thrown = new AggregateError([error('connect ECONNREFUSED', { code: 'ECONNREFUSED' }), login]);
    const sasl = { mechanism: 'plain', username: 'bob', password: new Secret('hush') } as const;
    assert.deepEqual(
      {
        ...connectionError(thrown, 'b1:9092', { ...plain, sasl }),
        message: connectionError(thrown, 'b1:9092', { ...plain, sasl }).message,
      },
      {
        name: 'KafkaError',
        code: 'AUTHENTICATION_FAILED',
        topic: undefined,
        kafkaCode: undefined,
        detail: undefined,
        mayHaveBeenWritten: false,
        retriable: true,
        message:
          'Kafka at b1:9092 refused to authenticate with plain as "bob": Invalid username or password. Check settings.kafka.sasl.',
      },
    );
  });

  for (const [what, thrown] of [
    ['a wrong TLS version', error('write EPROTO', { code: 'ERR_SSL_WRONG_VERSION_NUMBER' })],
    [
      'a connection that ends within the handshake',
      error('Client network socket disconnected before secure TLS connection was established', {
        code: 'ECONNRESET',
      }),
    ],
  ] as const) {
    it(`takes ${what} for a port without TLS`, () => {
      assert.match(
        connectionError(thrown, 'b1:9092', tls).message,
        /^The broker at b1:9092 does not speak TLS on this port/,
      );
    });
  }

  const expired =
    "The destination refuses the broker's certificate, or that of an authority in its chain: renew it where it stands (the " +
    "broker, settings.kafka.ssl.ca), or set this machine's clock.";
  const unknown =
    "The destination refuses the broker's certificate: give the authority that signed it as settings.kafka.ssl.ca.";
  const refused =
    "The broker refuses the client's certificate, or misses one: check settings.kafka.ssl.cert and key, their expiry, " +
    'and the authorities that the broker trusts.';
  const nothingInCommon =
    'Broker and destination have no version or cipher of TLS in common: check settings.kafka.ssl.minVersion, ' +
    "maxVersion and ciphers, and the broker's ssl.enabled.protocols.";
  const certificates = {
    DEPTH_ZERO_SELF_SIGNED_CERT: unknown,
    SELF_SIGNED_CERT_IN_CHAIN: unknown,
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknown,
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknown,
    CERT_SIGNATURE_FAILURE: unknown,
    CERT_HAS_EXPIRED: expired,
    CERT_NOT_YET_VALID: expired,
    ERR_TLS_CERT_ALTNAME_INVALID:
      "The destination refuses the broker's certificate, which is for other names: use one of them in " +
      'settings.kafka.brokers, or set settings.kafka.ssl.servername.',
    'ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE': refused,
    ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: refused,
    'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN': refused,
    ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: refused,
    ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: nothingInCommon,
    ERR_SSL_UNSUPPORTED_PROTOCOL: nothingInCommon,
    'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE': nothingInCommon,
    ERR_OSSL_BAD_DECRYPT: 'Check the certificates of settings.kafka.ssl.',
  };
  for (const [code, advice] of Object.entries(certificates)) {
    it(`says what to change after ${code}`, () => {
      const { code: found, message } = connectionError(error('no good', { code }), 'b1:9093', tls);
      assert.equal(found, 'TLS_FAILED');
      assert.equal(message, `TLS to b1:9093 failed: no good. ${advice}`);
    });
  }

  it('takes a refused login for one that has expired, where it was taken before and can be renewed', () => {
    const login = error('SASL', { apiCode: 58, serverErrorMessage: 'invalid credentials' });
    const bearer = () => Promise.reject(new Error('not asked'));
    const renewable = { ...plain, sasl: { mechanism: 'oauthbearer', bearer, renewable: true } } as const;
    const fixed = { ...plain, sasl: { mechanism: 'oauthbearer', bearer, renewable: false } } as const;
    assert.equal(connectionError(login, 'b1:9092', renewable, false).code, 'AUTHENTICATION_FAILED');
    assert.equal(connectionError(login, 'b1:9092', fixed, true).code, 'AUTHENTICATION_FAILED');
    const { code, message } = connectionError(login, 'b1:9092', renewable, true);
    assert.equal(code, 'LOGIN_EXPIRED');
    assert.equal(
      message,
      'Kafka at b1:9092 refuses to authenticate with oauthbearer, which it did before: invalid credentials. ' +
        'It is tried again with new credentials; check where settings.kafka.sasl gets them if this lasts.',
    );
  });

  it('takes an alert in answer to a plain request for a port with TLS', () => {
    assert.match(
      connectionError(error('Broker requires TLS.'), 'b1:9092', plain).message,
      /wants TLS on this port/,
    );
  });

  /** The doctor recognised these by the words of our own messages: a better sentence would have cost its advice. */
  it('names by a detail what the code leaves open', () => {
    const login = (serverErrorMessage: string) =>
      error('SASL failed.', { apiCode: 58, serverErrorMessage, code: 'PLT_KFK_AUTHENTICATION' });
    const sasl = { mechanism: 'plain', username: 'bob', password: new Secret('hush') } as const;
    const details = [
      error('Request timed out.', { code: 'PLT_KFK_TIMEOUT' }),
      error('Connection closed'),
      error('connect ECONNREFUSED', { code: 'ECONNREFUSED' }),
      error('Broker requires TLS.'),
      login("Client SASL mechanism 'PLAIN' not enabled in the server"),
      login('Authentication failed due to invalid credentials with SASL mechanism PLAIN'),
      error('illegal', { apiCode: 34, code: 'PLT_KFK_AUTHENTICATION' }),
    ].map((thrown) => connectionError(thrown, 'b1:9092', { ...plain, sasl }).detail);
    assert.deepEqual(details, [
      'no-answer',
      'hung-up',
      undefined,
      'wants-tls',
      'mechanism',
      undefined,
      'takes-no-login',
    ]);
    const alert = error(
      'write EPROTO: error:0A000412:SSL routines:ssl3_read_bytes:ssl/tls alert bad certificate:x:',
      {
        code: 'ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE',
      },
    );
    assert.equal(connectionError(alert, 'b1:9092', tls).detail, 'tls-alert');
  });

  for (const thrown of [undefined, null, 'text', 42, {}]) {
    it(`makes something of anything: ${typeof thrown}`, () => {
      assert.equal(connectionError(thrown, 'b1:9092', plain).code, 'BROKER_UNREACHABLE');
    });
  }

  it('does not run in circles', () => {
    const circular = error('a');
    circular.cause = circular;
    assert.match(connectionError(circular, 'b1:9092', plain).message, /Cannot reach Kafka at b1:9092: a\./);
  });

  it('finds the code a broker sent, however deep', () => {
    assert.equal(
      brokerCode(new Error('x', { cause: new AggregateError([error('y', { apiCode: 14 })]) })),
      14,
    );
    assert.equal(brokerCode(error('z', { name: 'KafkaJSProtocolError', code: 35 })), 35);
    assert.equal(brokerCode(error('refused', { code: 'ECONNREFUSED' })), undefined);
  });
});
