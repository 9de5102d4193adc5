import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connectionError } from '../../../src/transport/errors/connection-errors.ts';
import type { ClientOptions } from '../../../src/transport/port.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import { Secret } from '../../../src/model/secret.ts';
import { clientOptions } from '../../support/client-options.ts';

const options: ClientOptions = {
  ...clientOptions,
  tls: new Secret({}),
  sasl: { mechanism: 'plain', username: 'shop', password: new Secret('hush') },
};

function error(message: string, facts: object = {}): Error {
  return Object.assign(new Error(message), facts);
}

/**
 * A refused login or a wrong port is final: events are rejected at once. A broker that is restarted while clients greet
 * it looked the same, so that a rolling restart of a locked cluster rejected events which only had to wait.
 */
describe('a broker that goes away during the greeting', () => {
  const closed = error('Connection closed', { code: 'PLT_KFK_NETWORK' });
  const interruptions = [
    error('Cannot find a suitable SASL mechanism.', { code: 'PLT_KFK_AUTHENTICATION', cause: closed }),
    error('SASL authentication failed.', {
      code: 'PLT_KFK_AUTHENTICATION',
      cause: error('timed out', { code: 'PLT_KFK_TIMEOUT' }),
    }),
    error('SASL PLAIN authentication failed: Connection closed', { name: 'KafkaJSSASLAuthenticationError' }),
    error('SASL SCRAM SHA256 authentication failed: Closed connection', {
      name: 'KafkaJSSASLAuthenticationError',
    }),
  ];
  for (const thrown of interruptions) {
    it(`has refused nobody: ${thrown.message}`, () => {
      assert.equal(connectionError(thrown, 'b1:9093', options).code, 'BROKER_UNREACHABLE');
    });
  }

  const cut = error('Client network socket disconnected before secure TLS connection was established', {
    code: 'ECONNRESET',
  });
  it('is no port without TLS where the cluster was reached before', () => {
    assert.equal(connectionError(cut, 'b1:9093', options, true).code, 'BROKER_UNREACHABLE');
    assert.equal(connectionError(cut, 'b1:9093', options, false).code, 'TLS_FAILED');
  });
});

it('a source of tokens speaks for itself, from within what the library wraps around it', () => {
  const own = new KafkaError('CREDENTIALS_UNAVAILABLE', 'No AWS credentials for MSK: none.');
  const wrapped = new AggregateError([
    error('SASL authentication failed.', { code: 'PLT_KFK_AUTHENTICATION', cause: own }),
  ]);
  assert.equal(connectionError(wrapped, 'b1:9093', options), own);
});

it('says what OpenSSL found, without its addresses', () => {
  const alert = error(
    '401D4C69947F0000:error:0A000412:SSL routines:ssl3_read_bytes:ssl/tls alert bad certificate:../deps/openssl/' +
      'openssl/ssl/record/rec_layer_s3.c:918:SSL alert number 42',
    { code: 'ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE' },
  );
  assert.equal(
    connectionError(alert, 'b1:9093', options).message,
    "TLS to b1:9093 failed: ssl/tls alert bad certificate. The broker refuses the client's certificate, or misses one: " +
      'check settings.kafka.ssl.cert and key, their expiry, and the authorities that the broker trusts.',
  );
});
