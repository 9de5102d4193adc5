import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { describe, it, type TestContext } from 'node:test';
import { startFlow } from '@walkeros/collector';
import type { Collector } from '@walkeros/core';
import { freePorts } from '../../scripts/kafka/ports.ts';
import { type HttpSource, sourceHttp } from '../../demo/source-http/index.ts';
import { destinationKafka, type Settings } from '../../src/index.ts';
import { freshTopic, sharedBroker } from '../support/broker.ts';
import { blocksFor } from '../support/docs/claims.ts';
import { eventually } from '../support/eventually.ts';
import { event, runFlow } from '../support/flow.ts';
import { installSdk } from '../support/otel.ts';
import { readBack } from '../support/reader.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;

const guide = blocksFor(import.meta.filename).map(({ text }) => text);
const [sdkSnippet = '', tracing = '', healthSettings = '', curl = '', healthAnswer = '', healthSnippet = ''] =
  guide;

/** Runs a TypeScript snippet from the repository's root, on the source and against a real broker. */
async function runSnippet(
  t: TestContext,
  code: string,
): Promise<{ output: () => string; ended: Promise<number | null> }> {
  const { brokers } = await sharedBroker();
  const topic = await freshTopic('docs');
  const here = code
    .replaceAll("'walkeros-destination-kafka'", "'./src/index.ts'")
    .replaceAll("'kafka1:9092'", `'${brokers.join("', '")}'`)
    .replaceAll("'walkeros-events'", `'${topic}'`);
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', here], {
    cwd: new URL('../../', import.meta.url),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill());
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (output += String(part)));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { output: () => output, ended };
}

describe('telemetry on a real broker', () => {
  it('passes the trace of an HTTP request on to the record, as the guide configures it', async (t) => {
    const sdk = installSdk();
    t.after(() => sdk.uninstall());
    const { brokers } = await sharedBroker();
    const topic = await freshTopic('traced');
    const shown = JSON.parse(`{${tracing}}`) as {
      sources: { http: { config: { ingest: Record<string, never> } } };
      destinations: { kafka: { config: { settings: Pick<Settings, 'telemetry'> } } };
    };
    const settings = { kafka: { brokers, topic }, ...shown.destinations.kafka.config.settings };
    const { collector } = await startFlow({
      sources: {
        http: { code: sourceHttp, config: { ...shown.sources.http.config, settings: { port: 0 } } },
      },
      destinations: { kafka: { code: destinationKafka, config: { settings } } },
    });
    t.after(() => collector.command('shutdown'));
    const origin = (collector.sources.http as unknown as HttpSource).origin ?? '';
    await post(origin, { name: 'page view' }, { traceparent });
    await post(origin, { name: 'page view' }, {});

    const stored = await readBack(brokers, topic);
    assert.deepEqual(
      stored.map(({ headers }) => headers.find(([name]) => name === 'traceparent')?.[1]?.toString()),
      [traceparent, undefined],
    );
    const linked = sdk.spans().flatMap(({ links }) => links.map(({ context }) => context.traceId));
    // The second event has walkerOS' own.
    assert.deepEqual(linked, [traceId, traceOf(collector)]);
    const [span] = sdk.spans();
    assert.equal(span?.name, `send ${topic}`);
    const { 'server.address': host, 'server.port': port } = span.attributes;
    assert.equal([host, port].join(':'), brokers[0]);
  });

  it('measures what goes over the wire', async (t) => {
    const sdk = installSdk();
    t.after(() => sdk.uninstall());
    const { brokers } = await sharedBroker();
    const topic = await freshTopic('measured', { config: { 'max.message.bytes': '2000' } });
    const dead = await freshTopic('dead');
    const flow = await runFlow({ kafka: { brokers, topic }, deadLetter: { topic: dead } });
    await flow.push(event({ data: { text: 'again and '.repeat(100) } }));
    await flow.push(event({ data: { text: randomBytes(4_000).toString('base64') } }));
    const found = await sdk.collect();
    await flow.stop();

    const server = { 'server.address': '127.0.0.1', 'server.port': Number(brokers[0]?.split(':')[1]) };
    const common = { 'walkeros.destination.id': 'kafka' };
    const sent = { ...common, 'messaging.system': 'kafka', 'messaging.operation.name': 'send', ...server };
    assert.deepEqual(found.get('messaging.client.sent.messages'), [
      { attributes: { ...sent, 'messaging.destination.name': topic }, value: 1 },
      {
        attributes: { ...sent, 'messaging.destination.name': topic, 'error.type': 'MESSAGE_TOO_LARGE' },
        value: 1,
      },
      { attributes: { ...sent, 'messaging.destination.name': dead }, value: 1 },
    ]);
    assert.deepEqual(found.get('walkeros.kafka.dead_lettered.messages'), [
      {
        attributes: {
          ...common,
          'messaging.destination.name': topic,
          'error.type': 'MESSAGE_TOO_LARGE',
        },
        value: 1,
      },
    ]);
    const ratio = found.get('walkeros.kafka.compression.ratio')?.[0]?.value;
    // The repeated text shrinks to less than a third, the random one twice by a quarter or so.
    assert.ok(
      typeof ratio === 'object' && ratio.count === 3 && ratio.sum > 4 && ratio.sum < 12,
      JSON.stringify(ratio),
    );
    const size = found.get('walkeros.kafka.batch.size')?.[0]?.value;
    assert.ok(typeof size === 'object' && size.sum > 8_000 && size.sum < 14_000, JSON.stringify(size));
    assert.deepEqual(found.get('walkeros.kafka.connected'), [{ attributes: common, value: 1 }]);
  });

  it('the guide’s SDK shows metrics and spans', async (t) => {
    const { output, ended } = await runSnippet(t, sdkSnippet);
    assert.equal(await ended, 0, output());
    for (const expected of [
      'messaging.client.sent.messages',
      'walkeros.kafka.compression.ratio',
      'send docs-',
    ]) {
      assert.ok(output().includes(expected), `${expected} is missing in\n${output()}`);
    }
  });

  it('the guide’s health settings and its code answer as the guide shows', async (t) => {
    const [port = 0] = await freePorts(1);
    const settings = (JSON.parse(`{${healthSettings}}`) as { settings: Settings }).settings;
    const flow = `
import { startFlow } from '@walkeros/collector';
import { destinationKafka } from 'walkeros-destination-kafka';
const settings = ${JSON.stringify({ ...settings, health: { port } }).replaceAll('"', "'")};
const { collector } = await startFlow({ destinations: { kafka: { code: destinationKafka, config: { settings } } } });
await collector.push({ name: 'page view' });
console.log('port', server.address().port);
`;
    const { output } = await runSnippet(t, healthSnippet.replace('listen(8090)', 'listen(0)') + flow);
    const own = await eventually('the event is stored', () => /port (\d+)/.exec(output())?.[1], {
      timeoutMs: 30_000,
    });
    assert.equal(settings.health?.port, 8_090);
    const [command = '', ...words] = curl.trim().replace('8090', String(port)).split(' ');
    const asked = execFileSync(command, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const [head = '', answer = ''] = asked.split('\r\n\r\n');
    assert.match(head, /^HTTP\/1\.1 200 OK\r\n/);
    const response = await fetch(`http://127.0.0.1:${own}`);
    assert.equal(response.status, 200);
    const shown = JSON.parse(healthAnswer) as Answered;
    for (const body of [JSON.parse(answer), await response.json()] as Answered[]) {
      const { lastAcknowledgedAt } = body.destinations[0];
      assert.equal(new Date(lastAcknowledgedAt).toISOString(), lastAcknowledgedAt);
      assert.deepEqual(body, { ...shown, destinations: [{ ...shown.destinations[0], lastAcknowledgedAt }] });
    }
  });
});

interface Answered {
  readonly destinations: [{ readonly lastAcknowledgedAt: string }];
}

async function post(origin: string, body: unknown, headers: Record<string, string>): Promise<void> {
  const response = await fetch(`${origin}/collect`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  assert.equal(response.status, 200);
}

function traceOf(collector: Collector.Instance): string | undefined {
  return (collector as Collector.Instance & { trace?: string }).trace;
}
