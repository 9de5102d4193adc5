import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { cluster } from '../../../../src/cli/doctor/checks/cluster.ts';
import { Network } from '../../../../src/cli/doctor/network.ts';
import type { Target } from '../../../../src/cli/doctor/target.ts';
import type { KafkaError } from '../../../../src/model/errors.ts';
import {
  authenticationFailed,
  certificateRefused,
  unreachable,
  wantsTls,
} from '../../../../src/transport/errors/messages.ts';
import { Secret } from '../../../../src/model/secret.ts';
import { targetWith } from './target.ts';

/** Takes any connection, as the sidecar of a service mesh does. */
const server = createServer((socket) => socket.on('error', () => undefined));
/** What a plain listener does to a greeting of TLS. */
const plain = createServer((socket) =>
  socket.on('error', () => undefined).once('data', () => socket.destroy()),
);
let address = '';
let plainAddress = '';
before(async () => {
  await Promise.all([server, plain].map((one) => once(one.listen(0, '127.0.0.1'), 'listening')));
  [address = '', plainAddress = ''] = [server, plain].map(
    (one) => `127.0.0.1:${(one.address() as AddressInfo).port}`,
  );
});
after(() => [server, plain].forEach((one) => one.close()));

async function verdicts(advertised: string, refusal: Error | undefined, changed: Partial<Target> = {}) {
  const asked: string[] = [];
  const found = await cluster(
    targetWith(
      { brokers: ['b1:9092'], ...changed },
      {
        cluster: () => Promise.resolve({ id: 'x', brokers: [{ nodeId: 7, address: advertised }] }),
        reach: (broker) => {
          asked.push(broker);
          return refusal === undefined ? Promise.resolve() : Promise.reject(refusal);
        },
      },
    ),
  );
  return { found, asked };
}

const told = (at: string): string => `Broker 7 tells clients to come to ${at}.`;
const sameListener =
  'et advertised.listeners of broker 7 to a listener that takes the same TLS and login as the one in ' +
  'settings.kafka.brokers, which let us in.';

/** TCP alone was tried there: "all reachable as advertised", and not one event could be delivered. */
describe('an advertised address', () => {
  it('is well where it answers', async () => {
    assert.deepEqual(await verdicts(address, undefined), {
      found: [{ status: 'ok', message: 'x: 1 broker, all reachable as advertised' }],
      asked: [address],
    });
  });

  it('is a failure where nobody answers', async () => {
    const silent = unreachable('b7', new Error('Request timed out'));
    assert.deepEqual((await verdicts(address, silent)).found, [
      {
        status: 'failure',
        message: `${told(address)} ${address} accepts connections and does not answer: a frozen broker, or no Kafka.`,
        fix:
          'See whether that broker hangs (its log, its disk), whether a load balancer has a broker behind this port, and ' +
          'whether advertised.listeners of broker 7 names the right port. If it is only slow, raise ' +
          'settings.kafka.connectionTimeout.',
      },
    ]);
  });

  const refusals: [error: KafkaError, fix: string][] = [
    [wantsTls('b7', undefined), `S${sameListener}`],
    [unreachable('b7', new Error('Connection closed')), `S${sameListener}`],
    [
      authenticationFailed('b7', undefined, 'invalid credentials'),
      `Give broker 7 the same users and mechanisms as the others, or s${sameListener}`,
    ],
    [
      certificateRefused('b7', new Error('ssl/tls alert bad certificate')),
      'Set settings.kafka.ssl.cert and key: the listener asks for a certificate of the client.',
    ],
  ];
  for (const [error, fix] of refusals) {
    it(`is a failure where it refuses us: ${error.message}`, async () => {
      assert.deepEqual((await verdicts(address, error)).found, [
        { status: 'failure', message: `${told(address)} ${error.message}`, fix },
      ]);
    });
  }

  /** "Take the TLS port of the broker in settings.kafka.brokers": that was the right one. */
  it('without TLS, where that of the settings has it, is to be changed at the broker', async () => {
    const tls = new Secret({});
    const changed = { tls, network: new Network(1_000, tls) };
    assert.deepEqual((await verdicts(plainAddress, undefined, changed)).found, [
      {
        status: 'failure',
        message: `${told(plainAddress)} ${plainAddress} does not speak TLS.`,
        fix: 'Set advertised.listeners of broker 7 to its TLS port.',
      },
    ]);
  });
});
