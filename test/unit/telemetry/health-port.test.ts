import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as pass } from 'node:timers/promises';
import { freePorts } from '../../../scripts/kafka/ports.ts';
import type { Settings } from '../../../src/types.ts';
import { eventually } from '../../support/eventually.ts';
import { event, runFlow, type TestFlow } from '../../support/flow.ts';
import { tempFolder } from '../../support/temp.ts';

type Health = NonNullable<Settings['health']>;

/** A flow whose one broker nobody is at. */
async function flowWith(t: TestContext, health: Health, settings: object = {}): Promise<TestFlow> {
  const [nobody = 0] = await freePorts(1);
  const kafka = { brokers: [`127.0.0.1:${nobody}`], topic: 'events', deliveryTimeout: 500 };
  const flow = await runFlow({ kafka, ...settings, health });
  t.after(() => flow.stop());
  return flow;
}

interface Answer {
  readonly status: number | undefined;
  readonly body: unknown;
}

/** What is answered at a port or a socket; undefined where nobody answers. */
function ask(
  { port, socket }: Health,
  path = '/ready',
  options: { method?: string; headers?: Record<string, string> } = {},
): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const asked = request({ port, socketPath: socket, path, agent: false, ...options }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => (text += part));
      response.on('end', () => {
        resolve({ status: response.statusCode, body: text === '' ? undefined : JSON.parse(text) });
      });
    });
    asked.on('error', () => resolve(undefined));
    asked.end();
  });
}

const statusOf = async (...asked: Parameters<typeof ask>): Promise<number | undefined> =>
  (await ask(...asked))?.status;

const healthLines = ({ log }: TestFlow): string[] => log.filter((line) => /health/i.test(line));

describe('settings.health', () => {
  it('answers before the first event, with what kafkaHealth() tells', async (t) => {
    const [port = 0] = await freePorts(1);
    const flow = await flowWith(t, { port });
    assert.deepEqual(await ask({ port }), {
      status: 503,
      body: {
        ready: false,
        destinations: [
          {
            id: 'kafka',
            ready: false,
            connected: false,
            waiting: { records: 0, bytes: 0, limit: 33_554_432 },
            keyFallbacks: 0,
          },
        ],
      },
    });
    assert.deepEqual(await ask({ port }, '/live?probe=1'), { status: 200, body: { live: true } });
    assert.deepEqual(healthLines(flow), [
      `INFO Health is answered at http://127.0.0.1:${port}: GET /ready and GET /live.`,
    ]);
    await flow.stop();
    assert.equal(await ask({ port }), undefined, 'it is closed with the flow');
  });

  it('opens nothing and starts nothing without it', async (t) => {
    const [nobody = 0] = await freePorts(1);
    const flow = await runFlow({ kafka: { brokers: [`127.0.0.1:${nobody}`], topic: 'events' } });
    t.after(() => flow.stop());
    assert.ok(!flow.log.some((line) => line.includes(String(nobody))), flow.log.join('\n'));
  });

  it('speaks HTTP: HEAD, other methods, other paths', async (t) => {
    const [port = 0] = await freePorts(1);
    await flowWith(t, { port });
    assert.deepEqual(await ask({ port }, '/ready', { method: 'HEAD' }), { status: 503, body: undefined });
    assert.deepEqual(await ask({ port }, '/live', { method: 'POST' }), {
      status: 405,
      body: { error: 'method not allowed: ask with GET for /ready or /live' },
    });
    assert.deepEqual(await ask({ port }, '/'), {
      status: 404,
      body: { error: 'not found: ask with GET for /ready or /live' },
    });
  });

  it('tells what is wrong with other settings, and no secret', async (t) => {
    const [port = 0] = await freePorts(1);
    const sasl = { mechanism: 'plain', username: 'shop', password: 'hunter2' } as const;
    const kafka = { brokers: ['shop:hunter2@kafka1:9092'], topic: 'events', sasl, ssl: true };
    await flowWith(t, { port }, { kafka });
    const answer = await ask({ port });
    assert.equal(answer?.status, 503);
    const text = JSON.stringify(answer);
    assert.match(text, /SETTINGS_INVALID.*settings\.kafka\.brokers\[0\]: holds a user name or password/);
    assert.doesNotMatch(text, /hunter2/);
    assert.equal(await statusOf({ port }, '/live'), 200, 'a restart would not mend it');
  });

  it('is ready while the spool takes what Kafka does not, until it is full', async (t) => {
    const [port = 0] = await freePorts(1);
    const spool = { path: join(tempFolder(), 'kafka.spool'), maxBytes: 1_500 };
    const [nobody = 0] = await freePorts(1);
    // An eighth of it is the disk's.
    const kafka = { brokers: [`127.0.0.1:${nobody}`], topic: 'events', deliveryTimeout: 4_000 };
    const flow = await flowWith(t, { port }, { kafka, spool });
    await eventually('it is open', async () => (await statusOf({ port })) === 200, { everyMs: 100 });
    const results = await Promise.all([1, 2, 3, 4].map(() => flow.push(event())));
    assert.ok(results.some(({ ok }) => ok) && results.some(({ ok }) => !ok));
    const { status, body } = (await ask({ port })) ?? {};
    assert.equal(status, 503);
    const [{ spool: level }] = (body as { destinations: [{ spool: { bytes: number; limit: number } }] })
      .destinations;
    assert.ok(level.bytes > 0 && level.bytes < 1_500 && level.limit === 1_500, JSON.stringify(level));
    assert.equal(await statusOf({ port }, '/live'), 200);
  });

  // Two destinations, two flows, or the flow that replaces another in a hot swap.
  it('is one port for all who name it, and closes with the last', async (t) => {
    const [port = 0] = await freePorts(1);
    const [first, second] = [await flowWith(t, { port }), await flowWith(t, { port })];
    const { body } = (await ask({ port })) ?? {};
    assert.equal((body as { destinations: unknown[] }).destinations.length, 2);
    assert.deepEqual(healthLines(second), []);
    await first.stop();
    assert.equal(await statusOf({ port }), 503);
    await second.stop();
    assert.equal(await ask({ port }), undefined);
  });

  it('answers at a socket, in the place of one that a killed process left, and touches no other file', async (t) => {
    const socket = join(tempFolder(), 'health.sock');
    const listen = `require('node:net').createServer().listen(${JSON.stringify(socket)}, () => process.send('on'))`;
    const killed = fork('-e', [listen], { execArgv: [] });
    t.after(() => killed.kill('SIGKILL'));
    await once(killed, 'message');
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    assert.ok(existsSync(socket));
    const flow = await flowWith(t, { socket });
    await eventually('it answers', async () => (await statusOf({ socket })) === 503, { everyMs: 100 });
    await flow.stop();
    assert.ok(!existsSync(socket));

    writeFileSync(socket, 'somebody’s file');
    const other = await flowWith(t, { socket });
    await eventually('it is told', () => healthLines(other).length > 0);
    assert.match(healthLines(other).join('\n'), /^ERROR settings\.health: .*\/health\.sock cannot be opened/);
    await other.stop();
    assert.ok(existsSync(socket));
  });
});

// They wait for time-outs of seconds.
describe('the port of settings.health', { concurrency: true }, () => {
  it('says once that its port is taken, goes on, and opens it when it is free', async (t) => {
    const server = createServer((_request, response) => response.writeHead(418).end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const flow = await flowWith(t, { port });
    assert.equal((await flow.push(event())).ok, false, 'it fails for its broker');
    assert.equal(await statusOf({ port }), 418);
    await eventually('it is told', () => healthLines(flow).length > 0);
    const taken = `ERROR settings.health: http://127.0.0.1:${port} cannot be opened (listen EADDRINUSE: address already in use 127.0.0.1:${port}). Events go on, and it is tried again every five seconds.`;
    assert.deepEqual(healthLines(flow), [taken]);
    server.close();
    server.closeAllConnections();
    await eventually('it is opened', async () => (await statusOf({ port })) === 503, { everyMs: 100 });
    assert.deepEqual(healthLines(flow), [
      taken,
      `INFO Health is answered at http://127.0.0.1:${port}: GET /ready and GET /live.`,
    ]);
  });

  it('has bounds for whoever asks: headers, slow clients, connections, requests', async (t) => {
    const [port = 0] = await freePorts(1);
    await flowWith(t, { port });
    assert.equal(await statusOf({ port }, '/live', { headers: { x: 'x'.repeat(9_000) } }), 431);

    const sockets: Socket[] = [];
    t.after(() => sockets.forEach((socket) => socket.destroy()));
    let closed = 0;
    const open = (): Socket => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined).on('close', () => closed++);
      sockets.push(socket);
      return socket.resume();
    };
    for (let n = 0; n < 100; n++) open().write('GET /ready HTTP/1.1\r\nhost: x\r\nx: ');
    await eventually('68 or more are hung up on, or refused', () => closed >= 68);
    const drip = setInterval(() => sockets.forEach((socket) => socket.writable && socket.write('x')), 500);
    t.after(() => clearInterval(drip));
    assert.ok(closed < 80, 'as many as may be are listened to');
    await eventually('the slow ones are, too', () => closed === 100, { timeoutMs: 15_000, everyMs: 100 });
    assert.equal(await statusOf({ port }, '/live'), 200);

    // One connection with a thousand requests gets one answer of ours.
    const many = open();
    let text = '';
    many.on('data', (part) => (text += String(part)));
    many.write('GET /live HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(1_000));
    await once(many, 'close');
    assert.equal(text.split('{"live":true}').length, 2);
    await pass(0);
    assert.equal(await statusOf({ port }, '/live'), 200);
  });

  it('listens to so many in a window of a flood, refuses the rest for nothing, and tells nobody', async (t) => {
    const [port = 0] = await freePorts(1);
    const flow = await flowWith(t, { port });
    await eventually('it is open', async () => (await statusOf({ port }, '/live')) === 200, { everyMs: 100 });
    const opened = healthLines(flow);
    let [answered, refused] = [0, 0];
    const start = performance.now();
    while (answered < 70) {
      const status = await statusOf({ port }, '/live');
      if (status === 200) answered++;
      else refused++;
    }
    const windows = Math.ceil((performance.now() - start) / 1_000) + 1;
    assert.ok(answered <= windows * 32, `${answered} in ${windows} windows`);
    assert.ok(refused > answered, `${refused} refused, ${answered} answered`);
    assert.deepEqual(healthLines(flow), opened, 'no line a window');
    while ((await statusOf({ port })) !== undefined);
    await flow.stop();
    await pass(1_100);
    assert.equal(await statusOf({ port }), undefined, 'it stays closed with the flow');
  });
});
