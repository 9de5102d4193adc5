import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { describeTopic } from '../../scripts/kafka/topics.ts';
import { freePorts } from '../../scripts/kafka/ports.ts';
import { sharedBroker } from '../support/broker.ts';
import { blocksFor } from '../support/docs/claims.ts';
import { eventually } from '../support/eventually.ts';
import { readBack } from '../support/reader.ts';
import { flowFolder, startWalkeros, walkeros } from './support/cli.ts';
import { project } from './support/project.ts';

const [{ text: snippet } = { text: '' }] = blocksFor(import.meta.filename);

/** The configuration of the page in a folder, with what differs from place to place put in. */
async function documentedFlow(): Promise<string> {
  const { tarball, sourceHttp } = await project();
  const { brokers } = await sharedBroker();
  const cwd = await flowFolder({ destinations: {} });
  const changes: [is: string, becomes: string][] = [
    ['file:./walkeros-destination-kafka-0.1.0.tgz', `file:${tarball}`],
    ['./demo/source-http', sourceHttp],
    ['["127.0.0.1:9092"]', JSON.stringify(brokers)],
    ['/var/tmp/walkeros/', join(cwd, 'kept', '/')],
  ];
  const text = changes.reduce((flow, [is, becomes]) => {
    assert.ok(flow.includes(is), `the page no longer has ${is}`);
    return flow.replace(is, becomes);
  }, snippet);
  writeFileSync(join(cwd, 'flow.json'), text);
  return cwd;
}

describe('docs/getting-started.md', () => {
  it('ends with a flow that sets up its topics and runs', async (t) => {
    const { brokers } = await sharedBroker();
    const cwd = await documentedFlow();
    const setup = await walkeros(['setup', 'destination.kafka', '--config', 'flow.json'], { cwd });
    assert.equal(setup.code, 0, setup.stdout + setup.stderr);
    for (const [topic, partitions] of [
      ['shop-events', 3],
      ['shop-orders', 3],
      ['shop-dead-letters', 1],
    ] as const) {
      assert.equal((await describeTopic(brokers, topic))?.length, partitions, topic);
    }

    const [port] = await freePorts(1);
    const flow = await startWalkeros(['run', 'flow.json', '--port', String(port)], { cwd });
    t.after(() => flow.child.kill('SIGKILL'));
    const origin = `http://127.0.0.1:${String(port)}`;
    await eventually('walkeros run is ready', async () => (await fetch(`${origin}/ready`)).ok, {
      timeoutMs: 180_000,
      everyMs: 100,
    });
    const response = await fetch(`${origin}/collect`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([
        { name: 'page view', user: { session: 'me' } },
        { name: 'order complete', user: { session: 'me' }, data: { id: 'o-1', total: 39.5 } },
      ]),
    });
    assert.deepEqual(
      [response.status, await response.json()],
      [200, { ok: true, accepted: 2 }],
      flow.output(),
    );
    const stored = await readBack(brokers, ['shop-events', 'shop-orders'], { count: 2 });
    assert.deepEqual(
      stored.map(({ topic, key }) => [topic, key?.toString()]),
      [
        ['shop-events', 'me'],
        ['shop-orders', 'o-1'],
      ],
    );
    assert.deepEqual(JSON.parse(stored[1]?.value?.toString() ?? ''), {
      event: 'order complete',
      order_id: 'o-1',
      total: 39.5,
      session: 'me',
    });
    flow.child.kill('SIGTERM');
    assert.equal((await flow.ended).code, 0, flow.output());
  });
});
