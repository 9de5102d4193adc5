import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { freshName, freshTopic, sharedBroker } from '../support/broker.ts';
import { flowFolder, walkeros } from './support/cli.ts';
import { storedWhole, wholeEvent } from './support/event.ts';
import { expectProgram } from './support/program.ts';
import { storedTexts } from './support/stored.ts';

const kafkaDestination = (kafka: object, rest: object = {}) => ({
  kafka: { package: 'walkeros-destination-kafka', config: { settings: { kafka }, ...rest } },
});

describe('walkeros push', { concurrency: 2 }, () => {
  it('stores the event', async () => {
    const { brokers } = await sharedBroker();
    const topic = await freshTopic('push');
    const cwd = await flowFolder({ destinations: kafkaDestination({ brokers, topic }) });
    const event = JSON.stringify(wholeEvent('pushed'));
    const { code, stdout, stderr } = await walkeros(['push', 'flow.json', '--event', event, '--json'], {
      cwd,
    });
    assert.equal(code, 0, stderr);
    const { success, elbResult } = jsonIn(stdout) as { success: boolean; elbResult: { done: unknown } };
    assert.deepEqual([success, elbResult.done], [true, { kafka: { type: 'kafka' } }]);
    assert.deepEqual(await storedTexts(brokers, topic, 1), [storedWhole('pushed')]);
  });

  it('fails where the topic is missing, and says what to run', async () => {
    const { brokers } = await sharedBroker();
    const topic = freshName('missing');
    const cwd = await flowFolder({
      destinations: kafkaDestination({ brokers, topic, deliveryTimeout: 1500 }),
    });
    const { code, stdout, stderr } = await walkeros(
      ['push', 'flow.json', '--event', '{"name":"page view"}', '--json'],
      {
        cwd,
      },
    );
    assert.equal(code, 1);
    const { success, error } = jsonIn(stdout) as { success: boolean; error: string };
    assert.deepEqual([success, error], [false, 'Push failed for destination: kafka (kafka)']);
    const advice = `Kafka topic "${topic}" not found on cluster ${brokers.join(',')}. Run "walkeros setup destination.kafka" with explicit { numPartitions, replicationFactor } to create it.`;
    assert.ok(stderr.includes(advice), stderr);
  });
});

describe('walkeros push --simulate', { concurrency: 2 }, () => {
  /** A port that counts who connects: a simulation must not. */
  async function listener(t: TestContext) {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    return { broker: `127.0.0.1:${String(port)}`, connections: () => connections };
  }

  it('succeeds without a connection', async (t) => {
    const { broker, connections } = await listener(t);
    const cwd = await flowFolder({ destinations: kafkaDestination({ brokers: [broker], topic: 'events' }) });
    const args = [
      'push',
      'flow.json',
      '--event',
      '{"name":"page view"}',
      '--simulate',
      'destination.kafka',
      '--json',
    ];
    const { code, stdout, stderr } = await walkeros(args, { cwd });
    assert.equal(code, 0, stderr);
    assert.equal((jsonIn(stdout) as { success: boolean }).success, true);
    assert.equal(connections(), 0);
  });

  it('records the call with what would be stored', async (t) => {
    const { broker, connections } = await listener(t);
    const kafka = {
      brokers: [broker],
      topic: 'events',
      key: 'user.id',
      headers: { team: 'web' },
      compression: 'zstd',
    };
    const mapping = {
      order: { complete: { settings: { topic: 'orders' }, data: { map: { order: 'data.id' } } } },
    };
    const cwd = await flowFolder({ destinations: kafkaDestination(kafka, { mapping }) });
    // The command prints no calls: they come back from the function behind it.
    const script = join(cwd, 'simulate.mjs');
    writeFileSync(
      script,
      `import { simulateDestination } from '@walkeros/cli';
       const options = { destinationId: 'kafka', silent: true };
       const { calls, error, mappingKey } = await simulateDestination('flow.json', ${JSON.stringify(wholeEvent('s'))}, options);
       console.log(JSON.stringify({ calls: calls.map(({ fn, args }) => ({ fn, args })), error: error?.message, mappingKey }));`,
    );
    const { stdout } = await expectProgram(process.execPath, [script], { cwd });
    assert.deepEqual(jsonIn(stdout), {
      mappingKey: 'order complete',
      calls: [
        {
          fn: 'kafka.send',
          args: [
            {
              topic: 'orders',
              messages: [
                {
                  key: 'us3r',
                  value: '{"order":"s"}',
                  headers: { 'content-type': 'application/json', team: 'web' },
                  timestamp: 1700000000123,
                },
              ],
              acks: -1,
              compression: 'zstd',
            },
          ],
        },
      ],
    });
    assert.equal(connections(), 0);
  });
});

/** The JSON object at the end of what the CLI printed: its notes may come before. */
function jsonIn(text: string): unknown {
  return JSON.parse(text.slice(text.search(/^\{/m)));
}
