import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pass } from 'node:timers/promises';
import { metrics } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { AclOperations, AclPermissionTypes, ResourcePatternTypes, ResourceTypes } from '@platformatic/kafka';
import { withAdmin } from '../../scripts/kafka/admin.ts';
import type { KafkaCluster } from '../../scripts/kafka/cluster.ts';
import { freePorts } from '../../scripts/kafka/ports.ts';
import { createTopic, deleteTopic, describeTopic } from '../../scripts/kafka/topics.ts';
import { openSpool } from '../../src/spool/open.ts';
import type { Settings } from '../../src/types.ts';
import { run } from '../cli/support/run.ts';
import { startAclKafka, type AclKafka } from '../support/acl-kafka.ts';
import { freshName, freshTopic } from '../support/broker.ts';
import { eventually } from '../support/eventually.ts';
import { event, runFlow, type TestFlow } from '../support/flow.ts';
import { upTo } from '../support/load.ts';
import { noPrometheus, startPrometheus } from '../support/prometheus.ts';
import { openProxy } from '../support/proxy.ts';
import { scriptedServer } from '../support/scripted-http.ts';
import { tempFolder } from '../support/temp.ts';

/**
 * Time goes thirty times as fast: the windows and the `for:` of the generated rules are divided by it, and Prometheus scrapes each
 * second instead of every thirty. Expressions and limits, such as 300 s in the spool, are those of the generated file.
 */
const faster = 30;
const shorter = (text: string): string =>
  text.replaceAll(
    /\b(\d+)([sm])\b/g,
    (_, count: string, unit: string) => `${(Number(count) * (unit === 'm' ? 60 : 1)) / faster}s`,
  );

/** What became of the alerts of a destination, in order. One that waits out its `for:` is pending. */
type History = Record<string, ('pending' | 'firing' | 'resolved')[]>;

const folder = tempFolder();
const begun = new Date();
const histories = new Map<string, History>();
const flows: TestFlow[] = [];
let kafka: KafkaCluster;
let login: AclKafka['login'];
let sasl: AclKafka['sasl'];
let prometheus: Awaited<ReturnType<typeof startPrometheus>>;
let watching: NodeJS.Timeout;

const slowly = await openProxy();
/** The user may write to this topic. */
const mayWrite = 'rejected';
const acl = (operation: 'WRITE' | 'DESCRIBE', permission: 'ALLOW' | 'DENY') => ({
  resourceType: ResourceTypes.TOPIC,
  resourceName: mayWrite,
  resourcePatternType: ResourcePatternTypes.LITERAL,
  principal: 'User:shop',
  host: '*',
  operation: AclOperations[operation],
  permissionType: AclPermissionTypes[permission],
});

/** One broker. Who comes through LOGIN has to log in and needs rights; answers at SLOW may be slow. */
const startBroker = () =>
  startAclKafka([{ name: 'SLOW', protocol: 'PLAINTEXT', advertised: (_id, port) => slowly.inFrontOf(port) }]);

async function look(): Promise<void> {
  const now = new Map<string, Map<string, 'pending' | 'firing'>>();
  for (const { labels, state } of await prometheus.alerts()) {
    const [id = '', name = ''] = [
      labels.walkeros_destination_id,
      labels.alertname?.replace('WalkerosKafka', ''),
    ];
    const ofId = now.get(id) ?? new Map<string, 'pending' | 'firing'>();
    now.set(id, ofId);
    if (ofId.get(name) !== 'firing') ofId.set(name, state);
  }
  for (const id of new Set([...histories.keys(), ...now.keys()])) {
    const history = histories.get(id) ?? {};
    histories.set(id, history);
    for (const name of new Set([...Object.keys(history), ...(now.get(id)?.keys() ?? [])])) {
      const states = (history[name] ??= []);
      const state = now.get(id)?.get(name) ?? 'resolved';
      if (states.at(-1) !== state) states.push(state);
    }
  }
}

const lastOf = (id: string, name: string) => histories.get(id)?.[name]?.at(-1);

async function fires(id: string, ...names: string[]): Promise<void> {
  for (const name of names)
    await eventually(`${name} fires for ${id}`, () => lastOf(id, name) === 'firing', { timeoutMs: 420_000 });
}

/** @returns what there was; Slow for `slow` alone, for a machine at work makes requests slow as well */
async function resolved(id: string): Promise<History> {
  await eventually(
    `all alerts of ${id} are resolved`,
    () => Object.keys(histories.get(id) ?? {}).every((name) => lastOf(id, name) === 'resolved'),
    { timeoutMs: 60_000 },
  );
  const { Slow, ...others } = histories.get(id) ?? {};
  return id === 'slow' && Slow ? { Slow, ...others } : others;
}

/** A flow whose destination has this id, and what two scrapes saw of it. */
async function open(
  id: string,
  settings: Omit<Settings, 'kafka'> & { readonly kafka?: Partial<Settings['kafka']> },
  pushed = true,
): Promise<TestFlow> {
  const topic = settings.kafka?.topic ?? (await freshTopic(id, { brokers: kafka.direct }));
  const flow = await runFlow(
    { ...settings, kafka: { brokers: kafka.brokers, ...settings.kafka, topic } },
    {},
    id,
  );
  flows.push(flow);
  if (!pushed) return flow;
  assert.equal((await flow.push(event())).ok, true, flow.log.join('\n'));
  await eventually(
    `${id} is scraped twice`,
    async () => {
      const [seen] = await prometheus.range(
        `walkeros_kafka_connected{walkeros_destination_id="${id}"} == 1`,
        begun,
      );
      return (seen?.values.length ?? 0) > 1;
    },
    { timeoutMs: 60_000 },
  );
  // A destination that connects slowly makes one pending.
  for (const states of Object.values(histories.get(id) ?? {})) assert.ok(!states.includes('firing'));
  histories.delete(id);
  return flow;
}

/** A topic that is gone: records for it wait. */
async function gone(topic: string): Promise<void> {
  await deleteTopic(kafka.direct, topic);
  await eventually(`${topic} is gone`, async () => (await describeTopic(kafka.direct, topic)) === undefined);
}
const back = (topic: string): Promise<void> => createTopic(kafka.direct, topic);
const topicOf = (name: string, config = {}): Promise<string> =>
  freshTopic(name, { brokers: kafka.direct, config });
/** Tried again soon, and long. */
const enduring = { deliveryTimeout: 400_000, retry: { retries: 100_000, maxRetryTime: 500 } };
const failed = { pushes: 0 };
const send = (flow: TestFlow, bytes = 0): void => {
  void flow
    .push(event({ data: { text: 'x'.repeat(bytes) } }))
    .then(({ ok }) => (failed.pushes += ok ? 0 : 1));
};

before(async () => {
  if (noPrometheus) return;
  ({ cluster: kafka, login, sasl } = await startBroker());
  await createTopic(kafka.direct, mayWrite);
  await withAdmin(kafka.direct, (admin) =>
    admin.createAcls({ creations: [acl('WRITE', 'ALLOW'), acl('DESCRIBE', 'ALLOW')] }),
  );
  const [port = 0] = await freePorts(1);
  const exporter = new PrometheusExporter({ host: '127.0.0.1', port });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [exporter] }));
  const rules = join(folder, 'alerts.yml');
  assert.equal((await run(['alerts', '--out', rules])).code, 0);
  const lines = readFileSync(rules, 'utf8').split('\n');
  const fast = lines.map((line) => (/^ *(expr|for):/.test(line) ? shorter(line) : line)).join('\n');
  prometheus = await startPrometheus(folder, `127.0.0.1:${port}`, fast, shorter('5m'));
  watching = setInterval(() => void look().catch(() => undefined), 200);
});

after(async () => {
  clearInterval(watching);
  await Promise.all(flows.map((flow) => flow.stop()));
  await prometheus?.stop();
  await slowly.close();
  await kafka?.stop();
  metrics.disable();
});

describe(
  'each alert fires for its fault, and for nothing else, and is resolved when that is mended',
  { skip: noPrometheus, concurrency: true },
  () => {
    it('Rejected: the user loses the right to write', async () => {
      const flow = await open('rejected', { kafka: { brokers: [login], sasl, topic: mayWrite } });
      await withAdmin(kafka.direct, (admin) => admin.createAcls({ creations: [acl('WRITE', 'DENY')] }));
      await eventually('it is refused', async () => !(await flow.push(event())).ok);
      await fires('rejected', 'Rejected');
      await withAdmin(kafka.direct, (admin) =>
        admin.deleteAcls({
          filters: [
            { ...acl('WRITE', 'DENY'), resourcePatternFilter: ResourcePatternTypes.LITERAL } as never,
          ],
        }),
      );
      await eventually('it is stored', async () => (await flow.push(event())).ok);
      assert.deepEqual(await resolved('rejected'), { Rejected: ['firing', 'resolved'] });
    });

    it('DeadLettered: one event is larger than the topic takes', async () => {
      const topic = await topicOf('dead-lettered', { 'max.message.bytes': '2000' });
      const deadLetter = { topic: await topicOf('letters') };
      const flow = await open('dead-lettered', { kafka: { topic, compression: 'none' }, deadLetter });
      send(flow, 3_000);
      await fires('dead-lettered', 'DeadLettered');
      assert.deepEqual(await resolved('dead-lettered'), { DeadLettered: ['firing', 'resolved'] });
    });

    it('Disconnected: a wrong password', async () => {
      const through = { brokers: [login], topic: await topicOf('login') };
      const wrong = await open(
        'login',
        { kafka: { ...through, sasl: { ...sasl, password: 'wrong' } } },
        false,
      );
      send(wrong);
      await fires('login', 'Disconnected');
      await wrong.stop();
      assert.deepEqual(await resolved('login'), {
        Disconnected: ['pending', 'firing', 'resolved'],
        // What waited for the login.
        Rejected: ['firing', 'resolved'],
      });
    });

    it('BufferFilling: the topic is gone, and events come', async () => {
      const topic = await topicOf('buffer');
      const flow = await open('buffer', {
        kafka: { topic, ...enduring, bufferMemory: 20_000, batchSize: 20_000 },
      });
      await gone(topic);
      upTo(30).forEach(() => send(flow, 1_000));
      await fires('buffer', 'BufferFilling');
      await back(topic);
      assert.deepEqual(await resolved('buffer'), { BufferFilling: ['pending', 'firing', 'resolved'] });
    });

    for (const [id, pushed] of [
      ['stuck', true],
      ['stuck-from-the-start', false],
    ] as const)
      it(`NotAcknowledged: the topic is gone${pushed ? '' : ' from the start'}`, async () => {
        const topic = pushed ? await topicOf(id) : freshName(id);
        const flow = await open(id, { kafka: { topic, ...enduring } }, pushed);
        if (pushed) await gone(topic);
        send(flow);
        await fires(id, 'NotAcknowledged');
        await back(topic);
        assert.deepEqual(await resolved(id), { NotAcknowledged: ['pending', 'firing', 'resolved'] });
      });

    it('Disconnected and Rejected: the spool cannot be opened', async () => {
      const path = join(folder, 'unopened.spool');
      mkdirSync(path);
      const flow = await open('unopened', { spool: { path } }, false);
      send(flow);
      await fires('unopened', 'Disconnected', 'Rejected');
      rmdirSync(path);
      assert.deepEqual(await resolved('unopened'), {
        Disconnected: ['pending', 'firing', 'resolved'],
        Rejected: ['firing', 'resolved'],
      });
    });

    it('SpoolOld: the topic is gone for five minutes', async () => {
      const topic = await topicOf('spool-old');
      const spool = { path: join(folder, 'spool-old.spool'), mode: 'always' } as const;
      const flow = await open('spool-old', { kafka: { topic, retry: { maxRetryTime: 500 } }, spool });
      await gone(topic);
      send(flow);
      await fires('spool-old', 'SpoolOld');
      await back(topic);
      assert.deepEqual(await resolved('spool-old'), {
        NotAcknowledged: ['pending', 'firing', 'resolved'],
        SpoolOld: ['firing', 'resolved'],
      });
    });

    it('SpoolFilling, then SpoolTrouble and Rejected: the spool is full, and so is memory', async () => {
      const topic = await topicOf('spool-full');
      const spool = { path: join(folder, 'spool-full.spool'), mode: 'always', maxBytes: 30_000 } as const;
      const limits = { bufferMemory: 30_000, batchSize: 20_000, retry: { maxRetryTime: 500 } };
      const flow = await open('spool-full', { kafka: { topic, ...limits }, spool });
      await gone(topic);
      upTo(18).forEach(() => send(flow, 1_000));
      await fires('spool-full', 'SpoolFilling');
      upTo(18).forEach(() => send(flow, 1_000));
      await fires('spool-full', 'SpoolTrouble', 'Rejected', 'BufferFilling');
      await back(topic);
      assert.deepEqual(await resolved('spool-full'), {
        BufferFilling: ['pending', 'firing', 'resolved'],
        SpoolFilling: ['firing', 'resolved'],
        SpoolTrouble: ['firing', 'resolved'],
        Rejected: ['firing', 'resolved'],
      });
    });

    it('SpoolTrouble: the broker refuses a record of the spool', async () => {
      const topic = await topicOf('spool-refused', { 'max.message.bytes': '2000' });
      const spool = { path: join(folder, 'spool-refused.spool'), mode: 'always' } as const;
      const flow = await open('spool-refused', { kafka: { topic, compression: 'none' }, spool });
      send(flow, 3_000);
      await fires('spool-refused', 'SpoolTrouble');
      assert.deepEqual(await resolved('spool-refused'), { SpoolTrouble: ['firing', 'resolved'] });
    });

    it('SchemaFailures: the registry answers 500', async (t) => {
      let broken = false;
      const schema = JSON.stringify({
        type: 'record',
        name: 'View',
        fields: [{ name: 'timestamp', type: 'long' }],
      });
      const registry = await scriptedServer(({ path }) =>
        broken
          ? { status: 500, body: { error_code: 50001, message: 'Error in the backend' } }
          : { body: { id: 7, version: 1, schema, subject: path.split('/')[2] ?? '' } },
      );
      t.after(() => registry.close());
      const flow = await open('schema', {
        value: {
          format: 'avro',
          registry: { url: registry.url },
          useLatestVersion: true,
          latestCacheTtl: 1_000,
        },
      });
      broken = true;
      await pass(1_100);
      send(flow);
      await fires('schema', 'SchemaFailures');
      broken = false;
      assert.deepEqual(await resolved('schema'), { SchemaFailures: ['firing', 'resolved'] });
    });

    it('Slow: the network takes 0.7 s', async () => {
      const flow = await open('slow', { kafka: { brokers: [slowly.address] } });
      slowly.delayAnswers(700);
      const steady = setInterval(() => send(flow), 200);
      await fires('slow', 'Slow');
      slowly.delayAnswers(0);
      const history = await resolved('slow');
      clearInterval(steady);
      assert.deepEqual(history, { Slow: ['pending', 'firing', 'resolved'] });
    });

    it('none: fallbacks, and records that may be stored twice', async () => {
      const path = join(folder, 'odd.spool');
      const topic = await topicOf('odd');
      const file = await openSpool({ path, maxBytes: 1_000_000 }, () => undefined);
      const content = { topic, key: Buffer.from('k'), value: Buffer.from('v'), headers: {}, timestamp: 1 };
      await new Promise<void>((resolve) => file.append(1, content, 0, () => resolve()));
      const batch = {
        ...{
          topic,
          partition: 0,
          producerId: 1n,
          producerEpoch: 0,
          firstSequence: 0,
          ids: [1],
          records: [content],
        },
        notedAt: new Date(Date.now() - 2 * 86_400_000),
      };
      await new Promise<void>((resolve) => file.noteInDoubt([batch], resolve));
      await file.close();
      const flow = await open('odd', {
        kafka: { topic, key: 'user.nobody', idempotent: true },
        spool: { path, mode: 'always' },
      });
      assert.equal((await flow.push(event({ timestamp: NaN }))).ok, true);
      await pass(3_000);
      assert.deepEqual(await resolved('odd'), {});
    });
  },
);

describe('with the broker', { skip: noPrometheus }, () => {
  it('Disconnected: stopped, and started again', async () => {
    const flow = await open('stopped', {});
    await kafka.nodes[0]?.stop();
    send(flow);
    await fires('stopped', 'Disconnected');
    await kafka.nodes[0]?.start();
    const { Disconnected } = await resolved('stopped');
    assert.deepEqual(Disconnected, ['pending', 'firing', 'resolved']);
  });
});

describe('the dashboard', { skip: noPrometheus }, () => {
  it('every query has data of this run, and shows what happened once', async () => {
    const file = join(folder, 'dashboard.json');
    assert.equal((await run(['dashboard', '--out', file])).code, 0);
    const { panels } = JSON.parse(readFileSync(file, 'utf8')) as {
      panels: { title: string; targets: { expr: string; legendFormat: string }[] }[];
    };
    const targets = panels.flatMap(({ title, targets }) => targets.map((target) => ({ title, ...target })));
    const blank: string[] = [];
    for (const { title, expr, legendFormat } of targets) {
      // As Grafana sets it: four scrapes.
      const found = await prometheus.range(expr.replaceAll('$__rate_interval', '4s'), begun);
      const values = found.flatMap(({ values }) => values.map(([, value]) => Number(value)));
      if (!values.some((value) => value > 0)) blank.push(`${title} | ${legendFormat}: ${expr}`);
    }
    assert.deepEqual(blank, []);
  });
});
