import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { recordCounts } from '../../scripts/kafka/topics.ts';
import { freshTopic, sharedBroker } from '../support/broker.ts';
import { scriptedServer } from '../support/scripted-http.ts';
import { flowFolder, walkeros } from './support/cli.ts';
import { storedWhole, wholeEvent } from './support/event.ts';
import { environment, expectProgram } from './support/program.ts';
import { nodeMajors, project, removeRoot } from './support/project.ts';
import { storedTexts } from './support/stored.ts';

const clients = ['platformatic', 'kafkajs'];
/** By the id of their destination. */
const formats = { avro: 'avro', jsonSchema: 'json-schema', protobuf: 'protobuf' };
const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const names = clients.flatMap((client) => codecs.map((codec) => `${client}_${codec}`));

/** Pushes one event through a bundled flow and ends by itself, with what the collector said of each destination. */
const runner = (event: unknown) => `
  import flow from './flow.mjs';
  const { collector } = await flow({});
  const { ok, done, queued, failed } = await collector.push(${JSON.stringify(event)});
  await collector.command('shutdown');
  console.log(JSON.stringify({ ok, done: Object.keys(done ?? {}).sort(), queued, failed }));`;

/** Bundles the flow of a folder and moves the result away from it, where no other node_modules can help out. */
async function bundle(t: TestContext, folder: string, env: Record<string, string> = {}): Promise<string> {
  const { code, stdout, stderr } = await walkeros(['bundle', 'flow.json', '--output', 'out/'], {
    cwd: folder,
    env,
  });
  assert.equal(code, 0, stdout + stderr);
  const place = mkdtempSync(join(tmpdir(), 'walkeros-bundled-'));
  t.after(() => removeRoot(place));
  renameSync(join(folder, 'out'), join(place, 'out'));
  return join(place, 'out');
}

describe('walkeros bundle', { concurrency: 2 }, () => {
  it('of the tarball: both clients and every codec are in it, on Node 22 and 24', async (t) => {
    const { brokers } = await sharedBroker();
    const { nodes } = await project();
    const topic = await freshTopic('bundle');
    const destinations: Record<string, object> = Object.fromEntries(
      names.map((name) => {
        const [client, compression] = name.split('_');
        const kafka = { brokers, topic, client, compression, clientId: name, headers: { name } };
        return [name, { package: 'walkeros-destination-kafka', config: { settings: { kafka } } }];
      }),
    );
    // Any registry will do: whether the libraries of the formats are in the bundle is what is asked here.
    const registry = await scriptedServer(() => ({ body: { id: 1, version: 1 } }));
    t.after(() => registry.close());
    const framed = await freshTopic('bundle-formats');
    for (const [id, format] of Object.entries(formats)) {
      const value = { format, registry: { url: registry.url } };
      const settings = { kafka: { brokers, topic: framed }, value };
      destinations[id] = { package: 'walkeros-destination-kafka', config: { settings } };
    }
    const out = await bundle(t, await flowFolder({ destinations }));
    for (const name of ['@platformatic/kafka', 'kafkajs', 'zod', '@walkeros/core', '@walkeros/collector']) {
      assert.ok(existsSync(join(out, 'node_modules', name, 'package.json')), `${name} is not in the bundle`);
    }
    for (const major of nodeMajors) {
      writeFileSync(join(out, 'run.mjs'), runner(wholeEvent(`on ${major}`)));
      const { stdout, stderr } = await expectProgram(nodes[major], ['run.mjs'], {
        cwd: out,
        env: environment(),
        timeoutMs: 180_000,
      });
      assert.deepEqual(JSON.parse(stdout), { ok: true, done: [...names, ...Object.keys(formats)].sort() });
      assert.equal(stderr, '');
    }
    assert.deepEqual(await recordCounts(brokers, framed), [Object.keys(formats).length * nodeMajors.length]);
    const stored = await storedTexts(brokers, topic, 20);
    const expected = nodeMajors.flatMap((major) =>
      names.map((name) => {
        const whole = storedWhole(`on ${major}`);
        return { ...whole, headers: [...whole.headers, ['name', name]] };
      }),
    );
    assert.deepEqual(sorted(stored), sorted(expected));
  });

  it('of a local folder, by the named export, with settings from the environment, which are not in the bundle', async (t) => {
    const { brokers } = await sharedBroker();
    const { folder, nodes } = await project();
    const topic = await freshTopic('bundle-local');
    const settings = { kafka: { brokers: ['$env.TEST_BROKER'], topic: '$env.TEST_TOPIC' } };
    const clientSecret = 's3cr3t of the client';
    const oauth = { tokenEndpoint: 'https://idp/token', clientId: 'shop', clientSecret: '$env.TEST_SECRET' };
    const registry = { url: 'https://registry:8081', auth: { oauth } };
    const rule = { settings: { value: { format: 'avro', registry } } };
    const out = await bundle(
      t,
      await flowFolder({
        packages: {
          'walkeros-destination-kafka': { path: join(folder, 'node_modules', 'walkeros-destination-kafka') },
        },
        destinations: {
          kafka: {
            package: 'walkeros-destination-kafka',
            import: 'destinationKafka',
            config: { settings, mapping: { never: { seen: rule } } },
          },
        },
      }),
      { TEST_SECRET: clientSecret, TEST_TOPIC: topic },
    );
    const bundled = readFileSync(join(out, 'flow.mjs'), 'utf8');
    assert.match(bundled, /clientSecret:process\.env\.TEST_SECRET\b/);
    assert.ok(![clientSecret, topic].some((value) => bundled.includes(value)));
    writeFileSync(join(out, 'run.mjs'), runner(wholeEvent('local')));
    const env = environment({ TEST_BROKER: brokers[0], TEST_TOPIC: topic, TEST_SECRET: clientSecret });
    const { stdout } = await expectProgram(nodes['24'], ['run.mjs'], { cwd: out, env });
    assert.deepEqual(JSON.parse(stdout), { ok: true, done: ['kafka'] });
    assert.deepEqual(await storedTexts(brokers, topic, 1), [storedWhole('local')]);
  });
});

const sorted = (records: readonly object[]): string[] =>
  records.map((record) => JSON.stringify(record)).sort();
