import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { flowFile, run } from '../../cli/support/run.ts';
import { tempFolder } from '../../support/temp.ts';

const folder = tempFolder();

/** The address of a server that takes connections and says nothing: a frozen broker, a balancer without one. */
async function silentServer(): Promise<string> {
  const server = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  after(() => server.close());
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const flowTo = (broker: string, more: object = {}): string =>
  flowFile(folder, { settings: { kafka: { brokers: [broker], topic: 'events', ...more } } });

describe('doctor before a server that takes connections and never answers', { concurrency: true }, () => {
  const settings = {
    'without a login': {},
    'with a login': { sasl: { mechanism: 'scram-sha-512', username: 'shop', password: 'pass' } },
    'with TLS': { ssl: true },
  };
  /** Nobody had hung up: "It hangs up on us: the port may want TLS", and "Set settings.kafka.sasl". */
  for (const [what, more] of Object.entries(settings)) {
    it(`says that it does not answer: ${what}`, async () => {
      const broker = await silentServer();
      const { code, lines } = await run(['doctor', flowTo(broker, more)]);
      assert.equal(code, 1);
      const at = lines.findIndex((line) => line.startsWith('failure'));
      assert.deepEqual(
        [lines[at]?.replace(/^failure +(tls|sasl) +/, ''), lines[at + 1]?.trim()],
        [
          `${broker} accepts connections and does not answer: a frozen broker, or no Kafka.`,
          '→ See whether that broker hangs (its log, its disk), whether a load balancer has a broker behind this port, and ' +
            'whether the port is right. If it is only slow, raise settings.kafka.connectionTimeout.',
        ],
      );
      assert.deepEqual(
        lines.slice(at + 1).filter((line) => /^(failure|warning)/.test(line)),
        [],
      );
    });
  }
});

describe('doctor of a file with several flows', () => {
  /** It said `--destination kafka`, which each of them has. */
  it('names the destination as the commands take it', async () => {
    const broker = await silentServer();
    const flow = (deliveryTimeout: number, timeout?: number) => ({
      config: { platform: 'server' },
      destinations: {
        kafka: {
          package: 'walkeros-destination-kafka',
          config: {
            timeout,
            settings: { kafka: { brokers: [broker], topic: 'events', ssl: true, deliveryTimeout } },
          },
        },
      },
    });
    const path = join(folder, 'flows.json');
    writeFileSync(
      path,
      JSON.stringify({ version: 4, flows: { staging: flow(0), production: flow(20_000, 10_000) } }),
    );
    const fixesOf = async (destination: string) => {
      const { lines } = await run(['doctor', path, '--destination', destination]);
      return lines.filter((line) => line.includes('destination "')).map((line) => line.trim());
    };
    assert.deepEqual(await fixesOf('production.kafka'), [
      `ok       flow      ${path}: destination "kafka" of flow "production"`,
      `→ Change it in ${path}, destination "production.kafka".`,
    ]);
    assert.deepEqual(await fixesOf('staging.kafka'), [
      `ok       flow      ${path}: destination "kafka" of flow "staging"`,
      `→ Change it in ${path}, destination "staging.kafka".`,
    ]);
  });
});

describe('doctor that is stopped', () => {
  /** It went on to its end, and only the second Ctrl-C was heard. */
  it('says what it has found so far, and what it did not look at', async () => {
    const broker = await silentServer();
    const stop = new AbortController();
    const path = flowTo(broker);
    const began = performance.now();
    const { code, lines } = await run(['doctor', path], {
      stop: stop.signal,
      // In the middle of asking the broker, which takes seconds.
      onLine: (line) => line.includes('  tcp  ') && setTimeout(() => stop.abort(), 50),
    });
    assert.equal(code, 1);
    assert.ok(performance.now() - began < 3_000);
    assert.deepEqual(lines, [
      `ok       flow      ${path}: destination "kafka" of flow "default"`,
      `ok       settings  ${broker}, topic "events"`,
      'ok       dns       127.0.0.1: known',
      `ok       tcp       ${broker}: connected`,
      '',
      '4 ok, 0 warnings, 0 failures',
      'not checked: tls, sasl, cluster, topics, letters, keys, registry, spool, clock, answers, timeouts, heap (stopped)',
    ]);
  });

  it('tells so in JSON', async () => {
    const stop = new AbortController();
    stop.abort();
    const { code, lines } = await run(['doctor', flowTo('127.0.0.1:1'), '--json'], { stop: stop.signal });
    assert.equal(code, 1);
    const { ok, checks, notChecked } = JSON.parse(lines.join('\n')) as Record<string, unknown[]>;
    assert.equal(ok, false);
    assert.equal(checks?.length, 2);
    assert.deepEqual(notChecked?.[0], { name: 'dns', reason: 'stopped' });
  });
});
