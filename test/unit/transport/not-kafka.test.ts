import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { int16, int32 } from '../../support/broker-bytes.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

/** What peers that are no broker answer to the first request, and what the operator is told. */
const strangers: readonly { readonly says: string; readonly first: Buffer; readonly told: RegExp }[] = [
  { says: 'one zero byte', first: bytes('00'), told: /timed out|did not answer/ },
  { says: 'three zero bytes', first: bytes('000000'), told: /timed out|did not answer/ },
  { says: 'an empty answer', first: int32(0), told: /an answer of 0 bytes, which is not Kafka/ },
  { says: 'empty answers', first: Buffer.alloc(12), told: /an answer of 0 bytes, which is not Kafka/ },
  {
    says: 'an answer of one byte',
    first: bytes('0000000100'),
    told: /an answer of 1 bytes, which is not Kafka/,
  },
  {
    says: 'an answer of three bytes',
    first: bytes('00000003000000'),
    told: /an answer of 3 bytes, which is not Kafka/,
  },
  {
    says: 'a negative size',
    first: bytes('fffffffe00000001'),
    told: /an answer of -2 bytes, which is not Kafka/,
  },
  { says: 'the smallest size', first: bytes('8000000000000000'), told: /an answer of -2147483648 bytes/ },
  { says: 'the largest size', first: bytes('7fffffff00000001'), told: /an answer of 2147483647 bytes/ },
  {
    says: 'a TLS alert',
    first: bytes('15030300020250'),
    told: /wants TLS on this port: set settings\.kafka\.ssl/,
  },
  {
    says: 'a TLS greeting',
    first: bytes('160303004a0200'),
    told: /wants TLS on this port: set settings\.kafka\.ssl/,
  },
  {
    says: 'HTTP',
    first: Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'),
    told: /it answers HTTP, not Kafka/,
  },
  {
    says: 'SSH',
    first: Buffer.from('SSH-2.0-OpenSSH_9.6\r\n'),
    told: /it answers "SSH-2\.0-OpenSSH_9\.6", not Kafka/,
  },
  { says: 'an answer to no request', first: bytes('0000000800000fff00000000'), told: /Kafka/ },
  { says: 'an answer without a body', first: bytes('0000000400000000'), told: /Kafka/ },
  { says: 'two answers without a body', first: bytes('00000004000000000000000400000001'), told: /Kafka/ },
  {
    says: 'a list of two thousand million requests',
    first: Buffer.concat([int32(14), int32(1), int16(0), int32(2_000_000_000), int32(0)]),
    told: /Kafka/,
  },
  {
    says: 'random bytes',
    first: bytes('00000020d37afe1177a9c2e100bb5502f0d17c3e99aa10230010ff7f8000d1a2c3e4f501'),
    told: /Kafka/,
  },
];

/** Ends with the test. */
async function stranger(t: TestContext, first: Buffer): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).once('data', () => void socket.write(first));
    t.after(() => socket.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/**
 * Behind the address of a broker stood something else. Three zero bytes, a size below 4 or beyond 2^31, or text made both
 * libraries throw while they handled 'data', where nobody can catch: 12 of 32 first answers ended the process.
 */
describe('a peer that is no broker', { concurrency: true }, () => {
  const program = fileURLToPath(new URL('../../support/stranger-process.ts', import.meta.url));
  for (const client of ['platformatic', 'kafkajs'] as const)
    it(`is told as what it is, and ends no process, ${client}`, async (t) => {
      const addresses = await Promise.all(strangers.map(({ first }) => stranger(t, first)));
      const { stdout } = await promisify(execFile)(process.execPath, [program, client, ...addresses]);
      const told = JSON.parse(stdout) as { code: string; message: string; log: string[] }[];
      strangers.forEach(({ says, told: expected }, at) => {
        const { message = '', log = [] } = told[at] ?? {};
        assert.match([message, ...log].join('\n'), expected, says);
      });
    });
});
