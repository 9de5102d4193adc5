import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { freePorts } from '../../scripts/kafka/ports.ts';
import { registryMissing, startRegistry, type RunningRegistry } from '../../scripts/registry/launch.ts';
import { freshTopic, sharedBroker } from '../support/broker.ts';
import { confluentMissing, readByConfluent } from '../support/confluent.ts';
import { eventually } from '../support/eventually.ts';
import { flowFolder, startWalkeros, walkeros } from './support/cli.ts';
import { environment, runProgram } from './support/program.ts';
import { project } from './support/project.ts';

const skip = (await registryMissing()) ?? (await confluentMissing()) ?? false;

/** Of every event, through the wildcards of walkerOS. */
const contract = (id: string, more: object = {}) => ({
  shop: {
    events: {
      '*': {
        '*': {
          properties: {
            data: {
              type: 'object',
              required: ['id'],
              properties: {
                id: { type: id, description: 'Of the shop' },
                total: { type: 'number' },
                ...more,
              },
            },
          },
        },
      },
      order: { complete: {} },
      cart: { view: {} },
      page: { view: {} },
    },
  },
});

const first = contract('string');
/** A property more, that may be missing. */
const compatible = contract('string', { coupon: { type: 'string' } });
const incompatible = contract('integer');

describe('a flow with a contract', { skip }, () => {
  let registry: RunningRegistry;
  before(async () => {
    registry = await startRegistry();
  });
  after(() => registry.stop());

  const schemaOf = async (topic: string, version: number): Promise<string> => {
    const answer = await fetch(`${registry.url}/subjects/${topic}-value/versions/${version}`);
    return ((await answer.json()) as { schema: string }).schema;
  };
  const versions = async (topic: string): Promise<unknown> =>
    (await fetch(`${registry.url}/subjects/${topic}-value/versions`)).json();

  it('is read by an old consumer after a compatible change, and stopped before an incompatible one', async () => {
    const { brokers } = await sharedBroker();
    const { folder, tarball, sourceHttp } = await project();
    const topics = {
      orders: await freshTopic('contract-orders'),
      carts: await freshTopic('contract-carts'),
      pages: await freshTopic('contract-pages'),
    };
    const { orders, carts, pages } = topics;
    const rule = (format: string, topic: string, event: string) => ({
      settings: { topic, value: { format, schema: `$contract.shop.events.${event}` } },
    });
    const config = {
      settings: {
        kafka: { brokers, topic: orders },
        value: {
          format: 'avro',
          registry: { url: registry.url },
          schema: '$contract.shop.events.order.complete',
        },
      },
      mapping: {
        cart: { view: rule('json-schema', carts, 'cart.view') },
        page: { view: rule('protobuf', pages, 'page.view') },
      },
      setup: {
        ...{ numPartitions: 1, replicationFactor: 1, compatibility: 'FULL' },
        topics: { [carts]: { compatibility: 'FORWARD' }, [pages]: {} },
      },
    };
    const cwd = await flowFolder({
      packages: {
        'walkeros-destination-kafka': { version: `file:${tarball}` },
        'walkeros-demo-source-http': { path: sourceHttp },
      },
      sources: { http: { package: 'walkeros-demo-source-http', config: { settings: { cors: true } } } },
      destinations: { kafka: { package: 'walkeros-destination-kafka', config } },
    });
    const file = join(cwd, 'flow.json');
    const plain = JSON.parse(readFileSync(file, 'utf8')) as object;
    const declare = (declared: object): void =>
      writeFileSync(file, JSON.stringify({ ...plain, contract: declared }));
    const setup = () => walkeros(['setup', 'destination.kafka', '--config', 'flow.json'], { cwd });
    const program = join(folder, 'node_modules', '.bin', 'walkeros-kafka');
    const check = () => runProgram(program, ['schema', 'check', 'flow.json'], { cwd, env: environment() });

    /** The three events, one for each format, through `walkeros run`. */
    const run = async (data: object): Promise<void> => {
      const [port] = await freePorts(1);
      const flow = await startWalkeros(['run', 'flow.json', '--port', String(port)], { cwd });
      try {
        const origin = `http://127.0.0.1:${port}`;
        const ready = eventually('it is ready', async () => (await fetch(`${origin}/ready`)).ok, {
          ...{ timeoutMs: 180_000, everyMs: 100 },
        });
        const ended = flow.ended.then(() => Promise.reject(new Error(flow.output())));
        ended.catch(() => undefined);
        await Promise.race([ready, ended]);
        const body = JSON.stringify(
          ['order complete', 'cart view', 'page view'].map((name) => ({ name, data })),
        );
        const headers = { 'content-type': 'application/json' };
        const answer = await fetch(`${origin}/collect`, { method: 'POST', headers, body });
        assert.equal(answer.status, 200, (await answer.text()) + flow.output());
      } finally {
        flow.child.kill('SIGTERM');
        await flow.ended;
      }
    };

    declare(first);
    const registered = await setup();
    assert.equal(registered.code, 0, registered.stdout + registered.stderr);
    await run({ id: '0rd3r', total: 39.5 });

    declare(compatible);
    const fine = await check();
    assert.equal(fine.code, 0, fine.stdout + fine.stderr);
    assert.match(fine.stdout, /^3 schemas, 0 events fit, 0 do not$/m);
    const changed = await setup();
    assert.equal(changed.code, 0, changed.stdout + changed.stderr);
    await run({ id: '0rd3r', total: 39.5, coupon: 'spring' });

    declare(incompatible);
    const breaks = await check();
    assert.equal(breaks.code, 1, breaks.stdout + breaks.stderr);
    assert.match(breaks.stdout, /^3 schemas, 3 of them break, 0 events fit, 0 do not$/m);
    const refused = await setup();
    assert.notEqual(refused.code, 0);
    assert.match(refused.stdout + refused.stderr, /is not compatible with what is registered under subject/);
    for (const topic of Object.values(topics)) assert.deepEqual(await versions(topic), [1, 2]);

    const proto = await schemaOf(pages, 1);
    const values = await readByConfluent(brokers, registry.url, [
      { topic: orders, count: 2, format: 'avro', schema: await schemaOf(orders, 1) },
      { topic: carts, count: 2, format: 'json-schema', schema: await schemaOf(carts, 1) },
      { topic: pages, count: 2, format: 'protobuf', proto, message: 'Event' },
    ]);
    const known = { id: '0rd3r', total: 39.5 };
    assert.deepEqual(
      values.map(({ topic, value }) => [topic, (value as { data: unknown }).data]),
      [
        [orders, known],
        [orders, known],
        [carts, known],
        // JSON has no columns: a reader sees what is there.
        [carts, { ...known, coupon: 'spring' }],
        [pages, known],
        [pages, known],
      ],
    );
  });
});
