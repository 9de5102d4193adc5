import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Producer } from '@platformatic/kafka';
import { growTopic } from '../../scripts/kafka/topics.ts';
import { startProgram } from '../bundle/support/program.ts';
import { freshName, freshTopic, sharedBroker } from '../support/broker.ts';
import { eventually } from '../support/eventually.ts';
import { event, runFlow } from '../support/flow.ts';
import { numbered, openFlow, startLoad, upTo } from '../support/load.ts';
import { tempFolder } from '../support/temp.ts';
import { flowFile, run } from './support/run.ts';

const folder = tempFolder();
const program = new URL('../../src/cli.ts', import.meta.url).pathname;
const order = (n: number, overrides: Parameters<typeof event>[0] = {}) =>
  event({ name: 'order complete', entity: 'order', action: 'complete', data: { n }, ...overrides });

async function tail(topic: string, ...words: string[]) {
  const { brokers } = await sharedBroker();
  return run(['tail', topic, '--brokers', brokers.join(), '--from-beginning', '--to-end', ...words]);
}

describe('tail', () => {
  it('shows each record with its time, place, key and value; with --json all there is of it', async () => {
    const { brokers } = await sharedBroker();
    const topic = await freshTopic('tail');
    const flow = await openFlow({ kafka: { brokers, topic, key: 'user.id', headers: { team: 'web' } } });
    await flow.push(event());
    await flow.stop();
    const value =
      '{"name":"page view","data":{"title":"Home"},"context":{},"globals":{},"custom":{},"user":{"id":"us3r"},"nested":[],' +
      '"consent":{},"id":"1f0c2a9d4b7e8f31","trigger":"load","entity":"page","action":"view","timestamp":1700000000123,' +
      '"timing":1.5,"source":{"type":"test","platform":"server","schema":"4","count":1,"trace":"t"}}';
    const plain = await tail(topic);
    const shown = /"source":.*$/.exec(plain.lines[0] ?? '')?.[0] ?? '';
    assert.deepEqual(plain.lines, [
      `2023-11-14T22:13:20.123Z  0/0       us3r  ${value.replace(/"source":.*$/, shown)}`,
    ]);
    const { lines } = await tail(topic, '--json');
    const { value: decoded, ...rest } = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
    assert.deepEqual(rest, {
      topic,
      partition: 0,
      offset: 0,
      timestamp: 1_700_000_000_123,
      key: 'us3r',
      headers: [
        ['content-type', 'application/json'],
        ['team', 'web'],
      ],
      format: 'json',
    });
    assert.equal((decoded as { name: string }).name, 'page view');
  });

  it('filters by key, event, header and time, and ends after --limit', async () => {
    const { brokers } = await sharedBroker();
    const topic = await freshTopic('tail', { partitions: 3 });
    for (const team of ['web', 'app']) {
      const flow = await openFlow({ kafka: { brokers, topic, key: 'user.id', headers: { team } } });
      for (const n of upTo(4)) {
        const user = { id: `user-${n % 2}` };
        await flow.push(
          n < 2 ? event({ data: { n }, user }) : order(n, { user, timestamp: 1_700_000_100_000 }),
        );
      }
      await flow.stop();
    }
    const numbers = async (...words: string[]) => {
      const { lines, notes } = await tail(topic, '--json', ...words);
      assert.deepEqual(notes, []);
      return lines
        .map((line) => (JSON.parse(line) as { value: { data: { n: number } } }).value.data.n)
        .sort();
    };
    assert.deepEqual(await numbers(), [0, 0, 1, 1, 2, 2, 3, 3]);
    assert.deepEqual(await numbers('--key', 'user-1'), [1, 1, 3, 3]);
    assert.deepEqual(await numbers('--event', 'order complete'), [2, 2, 3, 3]);
    assert.deepEqual(await numbers('--event', 'page *', '--header', 'team=app'), [0, 1]);
    assert.deepEqual(await numbers('--header', 'team', '--header', 'team=nobody'), []);
    assert.equal((await numbers('--limit', '3')).length, 3);
    const since = await run([
      ...[
        'tail',
        topic,
        '--brokers',
        brokers.join(),
        '--since',
        '2023-11-14T22:14:00Z',
        '--to-end',
        '--json',
      ],
    ]);
    assert.equal(since.lines.length, 4);
  });

  it('reads what others write: text, bytes, tombstones, every codec, and times far apart in one batch', async () => {
    const { brokers } = await sharedBroker();
    const topic = await freshTopic('tail');
    for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
      const flow = await runFlow({ kafka: { brokers, topic, compression } });
      const days = upTo(3).map((n) =>
        flow.push(event({ data: { n }, timestamp: 1_600_000_000_000 + n * 5_184_000_000 })),
      );
      await Promise.all(days);
      await flow.stop();
    }
    const producer = new Producer({ clientId: 'others', bootstrapBrokers: brokers });
    const values = [
      Buffer.from('just text'),
      Buffer.from([0xff, 0xfe]),
      null,
      Buffer.from([0, 0, 0, 0, 7, 1, 2]),
    ];
    await producer.send({
      messages: values.map((value) => ({ topic, value: value as Buffer, key: Buffer.from('k') })),
      acks: -1,
    });
    await producer.close();
    const { lines } = await tail(topic, '--json');
    const shown = lines.map(
      (line) => JSON.parse(line) as { format: string; value: unknown; timestamp: number },
    );
    const days = [1_600_000_000_000, 1_605_184_000_000, 1_610_368_000_000];
    assert.deepEqual(
      shown.slice(0, 15).map(({ timestamp }) => timestamp),
      upTo(5).flatMap(() => days),
    );
    assert.deepEqual(
      shown.slice(15).map(({ format, value }) => [format, value]),
      [
        ['text', 'just text'],
        ['bytes', '//4='],
        ['tombstone', null],
        ['schema 7', 'AQI='],
      ],
    );
  });

  it('goes on as records come, also in partitions that are new', async () => {
    const { brokers } = await sharedBroker();
    const topic = await freshTopic('tail');
    const stop = new AbortController();
    const seen: number[] = [];
    const running = run(['tail', topic, '--brokers', brokers.join(), '--json'], {
      stop: stop.signal,
      onLine: (line) => seen.push((JSON.parse(line) as { value: { data: { n: number } } }).value.data.n),
    });
    const flow = await openFlow({ kafka: { brokers, topic, key: 'data.n' } });
    let n = 0;
    // It begins at the end, whenever that is.
    await eventually('the first one is seen', async () => {
      await flow.push(event({ data: { n: n++ } }));
      return seen.length > 0;
    });
    const from = n;
    for (; n < from + 20; n += 1) await flow.push(event({ data: { n } }));
    await eventually('all are seen', () => seen.at(-1) === n - 1, { timeoutMs: 20_000 });
    const [first = 0] = seen;
    assert.deepEqual(
      seen,
      upTo(n - first).map((index) => first + index),
    );
    await flow.stop();
    await growTopic(brokers, topic, 8);
    const grown = await openFlow({ kafka: { brokers, topic, key: 'data.n' } });
    const [begin, end] = [n, n + 20];
    for (; n < end; n += 1) await grown.push(event({ data: { n } }));
    await eventually('those in the new partitions are seen, too', () => new Set(seen).size === end - first, {
      timeoutMs: 30_000,
    });
    assert.deepEqual(
      seen.filter((seenOne) => seenOne >= begin).sort((a, b) => a - b),
      upTo(20).map((index) => begin + index),
    );
    await grown.stop();
    stop.abort();
    assert.equal((await running).code, 0);
  });

  // Live, and no clock decides: a busy machine may push more slowly, but whatever was pushed is printed, each once.
  it('follows a producer of 5,000 events a second, and misses none', async () => {
    const { brokers } = await sharedBroker();
    const topic = await freshTopic('tail', { partitions: 3 });
    const flow = await openFlow({ kafka: { brokers, topic, key: 'data.key' } });
    const stop = new AbortController();
    const seen = new Map<number, number>();
    const running = run(['tail', topic, '--brokers', brokers.join(), '--json', '--event', 'page *'], {
      stop: stop.signal,
      onLine(line) {
        const { value } = JSON.parse(line) as { value: { data: { n: number } } };
        seen.set(value.data.n, (seen.get(value.data.n) ?? 0) + 1);
      },
    });
    // It begins at the end, whenever that is.
    let early = 0;
    await eventually('the first one is seen', async () => {
      await flow.push(numbered(-++early, 1));
      return seen.size > 0;
    });
    const load = await startLoad(flow, { perTick: 50, keys: 100 });
    await eventually('fifteen thousand are on their way', () => load.begun >= 15_000, { timeoutMs: 60_000 });
    assert.ok(seen.size > 0, 'it prints while others are still written');
    assert.deepEqual(await load.stop(), new Map());
    const numbers = upTo(load.begun);
    await eventually('all are printed', () => numbers.every((n) => seen.has(n)), { timeoutMs: 30_000 });
    assert.deepEqual(
      numbers.filter((n) => seen.get(n) !== 1),
      [],
    );
    stop.abort();
    assert.equal((await running).code, 0);

    await flow.stop();
    const before = process.cpuUsage();
    const { lines } = await tail(topic, '--json', '--event', 'page *', '--limit', '15000');
    const { user, system } = process.cpuUsage(before);
    assert.equal(lines.length, 15_000);
    // In processor time, since the machine may be busy with something else: one core has three seconds for 15,000.
    const seconds = (user + system) / 1e6;
    assert.ok(seconds < 3, `${seconds} s of processor for 15,000 events`);
  });

  it('ends quietly when its reader goes, as with "| head -1"', async () => {
    const { brokers } = await sharedBroker();
    const topic = await freshTopic('tail');
    const flow = await openFlow({ kafka: { brokers, topic } });
    await Promise.all(upTo(2_000).map((n) => flow.push(event({ data: { n } }))));
    await flow.stop();
    const line = `"${process.execPath}" "${program}" tail ${topic} --brokers ${brokers.join()} --from-beginning | head -1`;
    const { code, stdout, stderr } = await startProgram('sh', ['-c', line], { cwd: folder }).ended;
    assert.equal(stdout.split('\n').length, 2);
    assert.equal(stderr, '');
    assert.equal(code, 0);
  });

  it('takes cluster and login from a flow file', async () => {
    const { brokers } = await sharedBroker();
    const topic = await freshTopic('tail');
    const path = flowFile(folder, { settings: { kafka: { brokers: ['$env.KAFKA_BROKER'], topic } } });
    const { code, lines } = await run(['tail', topic, '--flow', path, '--from-beginning', '--to-end'], {
      environment: { KAFKA_BROKER: brokers[0] ?? '' },
    });
    assert.equal(code, 0);
    assert.deepEqual(lines, []);
  });

  it('says that there is no such topic, and creates none', async () => {
    const topic = freshName('missing');
    const { code, notes } = await tail(topic);
    assert.equal(code, 1);
    assert.match(notes[0] ?? '', new RegExp(`^walkeros-kafka: Topic "${topic}" does not exist\\.`));
    assert.equal((await tail(topic)).code, 1);
  });
});
