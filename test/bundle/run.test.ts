import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { freePorts } from '../../scripts/kafka/ports.ts';
import { freshTopic, sharedBroker } from '../support/broker.ts';
import { eventually } from '../support/eventually.ts';
import { readBack } from '../support/reader.ts';
import { flowFolder, startWalkeros } from './support/cli.ts';
import { project } from './support/project.ts';
import type { Program } from './support/program.ts';

const clients = ['platformatic', 'kafkajs'];

interface Running extends Program {
  readonly origin: string;
  /** By client, for each is a destination of its own. */
  readonly topics: Readonly<Record<string, string>>;
}

/** `walkeros run` of a flow with the demo's HTTP source and a destination per client, ready for events. */
async function runFlow(): Promise<Running> {
  const { brokers } = await sharedBroker();
  const { tarball, sourceHttp } = await project();
  const topics: Record<string, string> = {};
  for (const client of clients) topics[client] = await freshTopic(`run-${client}`, { partitions: 3 });
  const cwd = await flowFolder({
    packages: {
      'walkeros-destination-kafka': { version: `file:${tarball}` },
      'walkeros-demo-source-http': { path: sourceHttp },
    },
    sources: { http: { package: 'walkeros-demo-source-http', config: { settings: { cors: true } } } },
    destinations: Object.fromEntries(
      Object.entries(topics).map(([client, topic]) => {
        const settings = { kafka: { brokers, topic, client } };
        return [client, { package: 'walkeros-destination-kafka', config: { settings } }];
      }),
    ),
  });
  const [port] = await freePorts(1);
  const program = await startWalkeros(['run', 'flow.json', '--port', String(port)], { cwd });
  const origin = `http://127.0.0.1:${String(port)}`;
  const ended = program.ended.then(({ code }) => {
    throw new Error(`it ended with ${String(code)}: ${program.output()}`);
  });
  const ready = eventually('walkeros run is ready', async () => (await fetch(`${origin}/ready`)).ok, {
    timeoutMs: 180_000,
    everyMs: 100,
  });
  await Promise.race([ready, ended]);
  ended.catch(() => undefined);
  return { ...program, origin, topics };
}

function post(origin: string, body: string): Promise<Response> {
  return fetch(`${origin}/collect`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
}

describe('walkeros run', () => {
  it('has in Kafka whatever it acknowledged, when SIGTERM comes in the middle of traffic', async () => {
    const { brokers } = await sharedBroker();
    const flow = await runFlow();
    try {
      const bad = await post(flow.origin, '[{"name":"page view"},{"name":"page"}]');
      assert.equal(bad.status, 400);
      assert.match(
        await bad.text(),
        /^{"ok":false,"error":"event 1: \\"name\\" must be an entity and an action/,
      );

      const traffic = sendUntilRefused(flow.origin);
      await eventually('a thousand events are acknowledged', () => traffic.acknowledged.size >= 1000, {
        timeoutMs: 180_000,
      });
      flow.child.kill('SIGTERM');
      const { code } = await flow.ended;
      await traffic.ended;
      assert.equal(code, 0, flow.output());

      for (const client of clients) {
        const topic = flow.topics[client] ?? '';
        const stored = await readBack(brokers, topic);
        const ids = stored.map(
          ({ value }) => (JSON.parse(value?.toString() ?? '') as { data: { id: string } }).data.id,
        );
        const kept = new Set(ids);
        const missing = [...traffic.acknowledged].filter((id) => !kept.has(id));
        assert.deepEqual(missing, [], `${client}: acknowledged with 200 and not in Kafka`);
        const strange = ids.filter((id) => !traffic.sent.has(id));
        assert.deepEqual(strange, [], `${client}: in Kafka and never sent`);
        assert.equal(kept.size, ids.length, `${client}: stored twice`);
      }
    } finally {
      flow.child.kill('SIGKILL');
    }
  });
});

/** Eight clients that post five events at a time, until the flow refuses or is gone. */
function sendUntilRefused(origin: string) {
  const sent = new Set<string>();
  const acknowledged = new Set<string>();
  const client = async (number: number): Promise<void> => {
    for (let request = 0; ; request++) {
      const ids = [0, 1, 2, 3, 4].map((event) => `${String(number)}-${String(request)}-${String(event)}`);
      for (const id of ids) sent.add(id);
      try {
        const response = await post(
          origin,
          JSON.stringify(ids.map((id) => ({ name: 'order complete', data: { id } }))),
        );
        if (response.status !== 200) return;
        assert.deepEqual(await response.json(), { ok: true, accepted: 5 });
      } catch {
        return;
      }
      for (const id of ids) acknowledged.add(id);
      await sleep(2);
    }
  };
  const ended = Promise.all(Array.from({ length: 8 }, (_, number) => client(number)));
  return { sent, acknowledged, ended };
}
