import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startKafka } from '../../scripts/kafka/launch.ts';
import { recordCounts } from '../../scripts/kafka/topics.ts';
import { readSpool } from '../../src/spool/status.ts';
import { freshName, sharedBroker } from '../support/broker.ts';
import { eventually } from '../support/eventually.ts';
import { readBack } from '../support/reader.ts';
import { leftBehind, post, startDemo } from '../support/demo-process.ts';

describe('npm start -- --once', () => {
  it('sends the fixed set, shows all of it read back, and ends with 0', async (t) => {
    const { brokers } = await sharedBroker();
    const demo = startDemo(t, brokers, '--once', '--port', '0');
    assert.equal(await demo.exitCode(), 0, demo.printed() + demo.complaints());
    const shown = demo.printed();
    const has = (...texts: string[]): void => {
      for (const text of texts) assert.ok(shown.includes(text), `${text} is not in:\n${shown}`);
    };
    const count = (pattern: RegExp): number => [...shown.matchAll(pattern)].length;
    has('one event           200 {"ok":true,"accepted":1}');
    has('an array            200 {"ok":true,"accepted":2}');
    has('{ "batch": [...] }  200 {"ok":true,"accepted":2}');
    assert.equal(count(/^demo-events {2}partition [012] · offset \d+ · 20\d\d-.*Z$/gm), 4);
    assert.equal(count(/^demo-orders {2}partition [012] · offset \d+ · 20\d\d-.*Z$/gm), 1);
    assert.equal(count(/^ {2}headers {2}content-type: application\/json · run: [0-9a-f]{6}$/gm), 5);
    const keys = [...shown.matchAll(/^ {2}key {6}(.*)$/gm)].map(([, key]) => key).sort();
    assert.deepEqual(keys, ['cart_view', 'order-1001', 'visitor-1', 'visitor-1', 'visitor-2']);
    has('"name": "Wasserkessel „Größe 2“ 🫖"', '"order_id": "order-1001", "total": 79,');
    has('\n5 accepted, 5 read back: nothing lost.\n✔ the fixed set of events is in Kafka as it was sent\n');
    assert.ok(!shown.includes('\x1b'), 'there are no colours in a pipe');
    assert.equal((await recordCounts(brokers, 'demo-orders')).length, 3);
    assert.deepEqual(await leftBehind(brokers), []);
  });
});

describe('npm start', () => {
  it('loses nothing that it answered with 200 when Ctrl-C comes amid traffic', async (t) => {
    const { brokers } = await sharedBroker();
    const demo = startDemo(t, brokers, '--port', '0');
    const origin = await demo.origin();
    assert.match(await (await fetch(`${origin}/`)).text(), /<script [^>]*src="\/tag\.js"/);
    for (const path of ['/tag.js', '/live', '/live.js', '/product/kettle']) {
      assert.equal((await fetch(origin + path)).status, 200, path);
    }
    // Somebody else's broker is not ours to stop.
    assert.equal((await fetch(`${origin}/do/stop-broker`, { method: 'POST' })).status, 404);
    assert.deepEqual(await post(origin, '{"name":'), {
      status: 400,
      body: { ok: false, error: 'the body is not JSON: Unexpected end of JSON input' },
    });

    const visitor = freshName('visitor');
    const event = (n: number) => ({ name: 'page view', user: { session: visitor }, data: { n } });
    assert.deepEqual(await post(origin, event(0)), { status: 200, body: { ok: true, accepted: 1 } });
    await demo.shows(/ 1\/s +1 in Kafka {2}[\d,]+ ms, p99 [\d,]+ ms\n/);

    const answered = [0];
    let next = 1;
    const traffic = Array.from({ length: 8 }, async () => {
      for (;;) {
        const n = next++;
        const answer = await post(origin, event(n)).catch(() => undefined);
        if (answer?.status === 200) answered.push(n);
        else return;
      }
    });
    await eventually('there is traffic', () => answered.length > 100);
    const begin = performance.now();
    demo.signal('SIGINT');
    // A terminal and npm both pass on one Ctrl-C.
    await sleep(30);
    demo.signal('SIGINT');
    assert.equal(await demo.exitCode(), 0, demo.complaints());
    const took = performance.now() - begin;
    assert.ok(took < 5000, `took ${took} ms`);
    await Promise.all(traffic);

    const [, accepted, read] = await demo.shows(/^(\d+) accepted, (\d+) read back: nothing lost\.\n$/m);
    assert.ok(Number(accepted) >= answered.length && Number(read) >= answered.length);
    const stored = (await readBack(brokers, 'demo-events'))
      .filter(({ key }) => key?.toString() === visitor)
      .map(({ value }) => (JSON.parse(value?.toString() ?? '') as ReturnType<typeof event>).data.n);
    const lost = answered.filter((n) => !stored.includes(n));
    assert.deepEqual(lost, []);
    assert.deepEqual(await leftBehind(brokers), []);
  });

  it('counts what comes from now on, and nothing of earlier runs', async (t) => {
    const { brokers } = await sharedBroker();
    const first = startDemo(t, brokers, '--once', '--port', '0');
    assert.equal(await first.exitCode(), 0);
    const demo = startDemo(t, brokers, '--port', '0');
    const origin = await demo.origin();
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) {
      await post(origin, { name: 'page view', user: { session: key } });
    }
    await demo.shows(/ 6 in Kafka/);
    demo.signal('SIGTERM');
    assert.equal(await demo.exitCode(), 0);
    assert.match(demo.printed(), /\n6 accepted, 6 read back: nothing lost\.\n$/);
  });

  it('ends within five seconds when Kafka hangs, and at once at the second Ctrl-C', async (t) => {
    const kafka = await startKafka({ own: true });
    t.after(() => kafka.stop());
    const stopWhileHanging = async () => {
      const demo = startDemo(t, kafka.brokers, '--port', '0');
      const origin = await demo.origin();
      assert.equal((await post(origin, { name: 'page view' })).status, 200);
      await demo.shows(/ 1 in Kafka/);
      await kafka.nodes[0]?.freeze();
      // It is on disk, and that is enough.
      assert.equal((await post(origin, { name: 'page view' })).status, 200);
      demo.signal('SIGINT');
      return { demo, begin: performance.now() };
    };

    const hanging = await stopWhileHanging();
    assert.equal(await hanging.demo.exitCode(), 0);
    const took = performance.now() - hanging.begin;
    assert.ok(took > 2000 && took < 5000, `took ${took} ms`);
    const [, spool = ''] = await hanging.demo.shows(/\nStill to be delivered: (\S+)\n/);
    assert.match(
      hanging.demo.printed(),
      /\n2 accepted, 1 read back, 1 kept on disk until Kafka takes them: nothing lost\.\n$/,
    );
    assert.equal((await readSpool(spool)).records, 1);
    rmSync(dirname(spool), { recursive: true });

    await kafka.nodes[0]?.thaw();
    const hasty = await stopWhileHanging();
    await sleep(600);
    hasty.demo.signal('SIGINT');
    assert.equal(await hasty.demo.exitCode(), 130);
    const haste = performance.now() - hasty.begin;
    assert.ok(haste < 1500, `took ${haste} ms`);
    await eventually('nothing is left behind', async () => (await leftBehind(kafka.brokers)).length === 0);
  });

  it('says in one sentence what is in the way', async (t) => {
    const taken = createServer().listen(0, '127.0.0.1');
    t.after(() => taken.close());
    await once(taken, 'listening');
    const port = String((taken.address() as AddressInfo).port);
    const cases: [args: string[], code: number, complaint: string][] = [
      [
        ['--port', port],
        1,
        `npm start: Port ${port} is taken: free it, or name another with --port N (0: any free one).\n`,
      ],
      [
        ['--once', '--port', '0'],
        1,
        'npm start: Kafka at 127.0.0.1:1 (KAFKA_BROKERS) cannot be used: connect ECONNREFUSED 127.0.0.1:1. See that it ' +
          'runs and lets you create topics, or correct KAFKA_BROKERS, or unset it: then npm start brings a Kafka of its own.\n',
      ],
      [['--twice'], 2, "npm start: Unknown option '--twice'\nnpm start -- --help lists the options.\n"],
    ];
    for (const [args, code, complaint] of cases) {
      const demo = startDemo(t, ['127.0.0.1:1'], ...args);
      assert.deepEqual([await demo.exitCode(), demo.complaints()], [code, complaint]);
    }
  });
});
