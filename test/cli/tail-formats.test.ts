import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { registryMissing, startRegistry, type RunningRegistry } from '../../scripts/registry/launch.ts';
import { freePorts } from '../../scripts/kafka/ports.ts';
import { freshTopic, sharedBroker } from '../support/broker.ts';
import { event, runFlow } from '../support/flow.ts';
import { failureOf } from '../support/load.ts';
import type { Settings } from '../../src/types.ts';
import { tempFolder } from '../support/temp.ts';
import { flowFile, run } from './support/run.ts';

interface Line {
  readonly format: string;
  readonly value: Readonly<Record<string, unknown>>;
}

const whole = ['--from-beginning', '--to-end'];
const missing = await registryMissing();

/** A data engineer looks into a topic whose values stand behind the id of a schema. */
describe('tail decodes what a flow writes', { skip: missing ?? false }, () => {
  const folder = tempFolder();
  let registry: RunningRegistry;
  let brokers: string[];
  before(async () => {
    registry = await startRegistry();
    brokers = [...(await sharedBroker()).brokers];
  });
  after(() => registry.stop());

  async function register(subject: string, body: object): Promise<void> {
    const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
    const url = `${registry.url}/subjects/${subject}/versions`;
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    assert.equal(answer.status, 200, await answer.text());
  }

  /** Two events in a topic of their own, and the settings that wrote them. */
  async function written(value: NonNullable<Settings['value']>) {
    const topic = await freshTopic('tail-formats');
    const settings = { kafka: { brokers, topic }, value };
    const flow = await runFlow(settings);
    const data = { n: 1 };
    const results = await Promise.all([
      flow.push(event({ data })),
      flow.push(event({ name: 'order complete', entity: 'order', action: 'complete', data })),
    ]);
    assert.deepEqual(results.map(failureOf), [undefined, undefined], flow.log.join('\n'));
    await flow.stop();
    return { topic, settings };
  }

  async function lines(...words: string[]): Promise<Line[]> {
    const { code, lines: printed, notes } = await run(['tail', ...words, '--json']);
    assert.deepEqual([code, notes], [0, []]);
    return printed.map((line) => JSON.parse(line) as Line);
  }

  for (const format of ['avro', 'json-schema', 'protobuf', 'cloudevents'] as const) {
    it(format, async () => {
      const framed = format !== 'cloudevents' && { registry: { url: registry.url }, autoRegister: true };
      const { topic, settings } = await written({ format, ...framed });
      const cluster = ['--flow', flowFile(folder, { settings })];
      const shown = await lines(topic, ...cluster, ...whole);
      assert.deepEqual(
        shown.map(({ value }) => value['name']),
        ['page view', 'order complete'],
      );
      const label = { avro: /^avro \d+$/, 'json-schema': /^json-schema \d+$/, cloudevents: /^json$/ };
      for (const one of shown)
        assert.match(one.format, format === 'protobuf' ? /^protobuf \d+ Event$/ : label[format]);
      assert.equal(shown[0]?.value['timestamp'], 1_700_000_000_123);
      assert.deepEqual(await lines(topic, ...cluster, ...whole, '--event', 'order *'), [shown[1]]);
      const plain = await run(['tail', topic, ...cluster, ...whole, '--limit', '1']);
      assert.match(plain.lines[0] ?? '', /"name":"page view"/);
    });
  }

  it('by what the schema builds on, exactly, and without a flow', async () => {
    const money = { type: 'record', name: 'shop.Money', fields: [{ name: 'cents', type: 'long' }] };
    const total = { name: 'total', type: ['null', 'shop.Money'], default: null };
    const order = { type: 'record', name: 'shop.Order', fields: [{ name: 'id', type: 'long' }, total] };
    const topic = await freshTopic('tail-references');
    await register('money', { schema: JSON.stringify(money) });
    const references = [{ name: 'shop.Money', subject: 'money', version: 1 }];
    await register(`${topic}-value`, { schema: JSON.stringify(order), references });
    const value = { format: 'avro', registry: { url: registry.url }, useLatestVersion: true } as const;
    const map = { id: { value: '9007199254740993' }, total: { map: { cents: { value: 5 } } } };
    const flow = await runFlow(
      { kafka: { brokers, topic }, value },
      { mapping: { page: { view: { data: { map } } } } },
    );
    assert.equal(failureOf(await flow.push(event())), undefined, flow.log.join('\n'));
    await flow.stop();
    const [shown] = await lines(
      topic,
      '--brokers',
      `${brokers[0]}, ${brokers[0]}`,
      '--registry',
      registry.url,
      ...whole,
    );
    assert.deepEqual(shown?.value, { id: '9007199254740993', total: { cents: 5 } });
  });

  it('and shows bytes where the registry does not answer, or none is named, saying so once', async () => {
    const [unused = 0] = await freePorts(1);
    const { topic } = await written({ format: 'avro', registry: { url: registry.url }, autoRegister: true });
    const cluster = [topic, '--brokers', brokers.join(), ...whole];
    const away = await run(['tail', ...cluster, '--registry', `http://127.0.0.1:${unused}`]);
    assert.equal(away.code, 0);
    assert.match(away.lines.join('\n'), /page_view {2}schema \d+ "[\w+/=]+"\n.* {2}schema \d+ "[\w+/=]+"$/);
    assert.equal(away.notes.length, 1);
    assert.match(
      away.notes[0] ?? '',
      /^walkeros-kafka: The Schema Registry at http:\S+ could not look up the schema of id \d+: .*ECONNREFUSED.*\. Check --registry and that the registry is up\. Shown as bytes\.$/,
    );
    const nobody = await run(['tail', ...cluster]);
    assert.equal(nobody.lines.length, 2);
    assert.match(nobody.notes.join('\n'), /^walkeros-kafka: .* name one with --registry\. Shown as bytes\.$/);
  });
});
