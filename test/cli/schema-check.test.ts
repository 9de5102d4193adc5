import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { freePorts } from '../../scripts/kafka/ports.ts';
import { registryMissing, startRegistry, type RunningRegistry } from '../../scripts/registry/launch.ts';
import { srfakeMissing, startSrfake } from '../../scripts/registry/srfake.ts';
import { resolveOptions } from '../../src/config/resolve.ts';
import { freshName } from '../support/broker.ts';
import { blocksFor } from '../support/docs/claims.ts';
import { tempFolder } from '../support/temp.ts';
import { flowFile, run } from './support/run.ts';

const folder = tempFolder();

const avro = (...fields: object[]): object => ({ type: 'record', name: 'Order', fields });
const json = (id: string, more: object = {}): object => ({
  ...{ type: 'object', title: 'Order', additionalProperties: false, required: ['id'] },
  properties: { id: { type: id }, ...more },
});
const protobuf = (...fields: string[]): string =>
  `syntax = "proto3"; message Order { ${fields.map((field, index) => `${field} = ${index + 1};`).join(' ')} }`;

/** The second is compatible with the first, and the third with neither: what became of `id` srfake knows it by. */
const formats = [
  {
    format: 'avro',
    type: 'AVRO',
    first: avro({ name: 'id', type: 'string' }),
    compatible: avro({ name: 'id', type: 'string' }, { name: 'shop', type: 'string', default: '' }),
    incompatible: avro({ name: 'id', type: 'string' }, { name: 'brokenChange', type: 'string' }),
    fault: 'id is missing, and must be a string',
  },
  {
    format: 'json-schema',
    type: 'JSON',
    first: json('string'),
    compatible: json('string', { shop: { type: 'string' } }),
    incompatible: json('integer', { brokenChange: { type: 'string' } }),
    fault: 'id is missing',
  },
  {
    format: 'protobuf',
    type: 'PROTOBUF',
    first: protobuf('string id'),
    compatible: protobuf('string id', 'string shop'),
    incompatible: protobuf('bool id', 'string brokenChange'),
    fault: 'id must be a string, and is a whole number',
  },
] as const;

interface Found {
  readonly ok: boolean;
  readonly subjects: readonly {
    subject: string;
    topics: string[];
    schemaType: string;
    status: string;
    message: string;
    reasons: string[];
  }[];
  readonly events: {
    ok: number;
    skipped: number;
    broken: number;
    breaks: { from: string; reason: string }[];
  };
}

async function check(path: string, ...more: string[]): Promise<Found & { code: number }> {
  const { code, lines, notes } = await run(['schema', 'check', path, '--json', ...more]);
  assert.deepEqual(notes, []);
  return { code, ...(JSON.parse(lines.join('\n')) as Found) };
}

interface FlowParts {
  readonly url?: string;
  readonly topic: string;
  readonly value: object;
  readonly examples?: object;
  readonly mapping?: object;
  readonly setup?: object;
}

/** A flow that no broker ever sees: nothing listens at its address. */
function flow({ url, topic, value, examples, mapping, setup }: FlowParts): string {
  const registry = url === undefined ? {} : { registry: { url } };
  const settings = { kafka: { brokers: ['127.0.0.1:1'], topic }, value: { ...value, ...registry } };
  return flowFile(folder, { settings, mapping, setup }, examples);
}

const data = (id: unknown): object => ({ name: 'order complete', data: { id } });
/** Stores the data of an event, and not the event. */
const mapping = { order: { complete: { data: 'data' } } };

const kinds = [
  { kind: 'Apicurio', skip: (await registryMissing()) ?? false, start: () => startRegistry() },
  { kind: 'srfake', skip: (await srfakeMissing()) ?? false, start: () => startSrfake(['brokenChange']) },
];

for (const { kind, skip, start } of kinds) {
  describe(`schema check, on ${kind}`, { skip }, () => {
    let registry: RunningRegistry;
    before(async () => {
      registry = await start();
    });
    after(() => registry.stop());

    const asked = async (method: string, path: string, body?: object): Promise<unknown> => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(registry.url + path, {
        method,
        headers,
        ...(body && { body: JSON.stringify(body) }),
      });
      return response.status === 404 ? undefined : response.json();
    };
    const register = (subject: string, schemaType: string, schema: object | string) =>
      asked('POST', `/subjects/${subject}/versions`, {
        schemaType,
        schema: typeof schema === 'string' ? schema : JSON.stringify(schema),
      });
    const level = (subject: string, compatibility: string) =>
      asked('PUT', `/config/${subject}`, { compatibility });
    const versions = (subject: string) => asked('GET', `/subjects/${subject}/versions`);

    for (const { format, type, first, compatible, incompatible, fault } of formats) {
      it(`${format}: passes what is compatible, and fails on what breaks; registers nothing`, async () => {
        const topic = freshName('check');
        const subject = `${topic}-value`;
        const declare = (schema: object | string, examples: object = { paid: { in: data('0rd3r') } }) =>
          flow({ url: registry.url, topic, value: { format, schema }, mapping, examples });

        const unknown = await check(declare(first));
        assert.equal(unknown.code, 0, JSON.stringify(unknown));
        assert.deepEqual(
          unknown.subjects.map((one) => [one.subject, one.topics, one.schemaType, one.status, one.message]),
          [[subject, [topic], type, 'ok', 'not registered yet, and compatible']],
        );
        assert.equal(await versions(subject), undefined);

        await register(subject, type, first);
        await level(subject, 'BACKWARD');
        const same = await check(declare(first));
        assert.equal(same.code, 0);
        assert.match(same.subjects[0]?.message ?? '', /^registered, version 1, id \d+$/);

        const fine = await check(declare(compatible));
        assert.equal(fine.code, 0, JSON.stringify(fine));
        assert.equal(fine.subjects[0]?.message, 'not registered yet, and compatible');
        assert.deepEqual(fine.events, { ok: 1, skipped: 0, broken: 0, breaks: [] });

        const breaks = await check(declare(incompatible));
        assert.equal(breaks.code, 1, JSON.stringify(breaks));
        assert.equal(breaks.ok, false);
        assert.equal(breaks.subjects[0]?.message, 'not compatible with what is registered');
        assert.match(breaks.subjects[0].reasons.join(), kind === 'srfake' ? /brokenChange/ : /\w/);

        const lacking = await check(
          declare(first, { paid: { in: data('0rd3r') }, odd: { in: data(undefined) } }),
        );
        const wrongType = await check(declare(first, { odd: { in: data(5) } }));
        const found = type === 'PROTOBUF' ? wrongType : lacking;
        assert.equal(found.code, 1, JSON.stringify(found));
        assert.equal(found.subjects[0]?.status, 'ok');
        assert.deepEqual(found.events.breaks, [
          { from: 'example "odd"', event: 'order complete', topic, reason: fault },
        ]);
        assert.deepEqual(await versions(subject), [1]);
      });
    }

    it('looks at rules, at setup and at a topic that is written with the latest', async () => {
      const [topic, orders] = [freshName('check'), freshName('check-orders')];
      const value = { format: 'avro', useLatestVersion: true };
      const own = { useLatestVersion: false, schema: 'no schema' };
      const schemaRegistry = {
        ...{ url: registry.url, subject: `${topic}-more`, schemaType: 'AVRO' },
        schema: avro({ name: 'id', type: 'string' }),
      };
      const path = flow({
        ...{ url: registry.url, topic, value },
        mapping: {
          order: {
            complete: { settings: { topic: orders, value: { ...own, schema: '{"type":"no such type"}' } } },
          },
        },
        setup: { numPartitions: 1, replicationFactor: 1, schemaRegistry },
      });
      const { code, subjects } = await check(path);
      assert.equal(code, 1);
      assert.deepEqual(
        subjects.map((one) => [one.subject, one.status, one.message]),
        [
          [`${topic}-more`, 'ok', 'not registered yet, and compatible'],
          [`${topic}-value`, 'break', 'no version is registered, and values are written with the latest'],
          [
            `${orders}-value`,
            'break',
            `Kafka topic "${orders}": the Avro schema cannot be used: unknown type: "no such type".`,
          ],
        ],
      );
    });

    if (kind === 'Apicurio') {
      // docs/schemas.md says so.
      it('finds which property a contract may get at which level', async () => {
        const contract = (more: object, closed: boolean, required: string[] = []): object => ({
          properties: {
            data: {
              ...{
                type: 'object',
                required: ['id', ...required],
                properties: { id: { type: 'string' }, ...more },
              },
              ...(closed && { additionalProperties: false }),
            },
          },
        });
        const added = { coupon: { type: 'string' } };
        const levels: Record<string, string> = {};
        for (const [what, format, closed, required] of [
          ['Avro', 'avro', false, []],
          ['Protobuf', 'protobuf', false, []],
          ['open', 'json-schema', false, []],
          ['closed', 'json-schema', true, []],
          ['Avro, required', 'avro', false, ['coupon']],
          ['open, required', 'json-schema', false, ['coupon']],
        ] as const) {
          const fitting: string[] = [];
          for (const compatibility of ['BACKWARD', 'FORWARD', 'FULL'] as const) {
            const topic = freshName('level');
            const declare = (schema: object) => flow({ url: registry.url, topic, value: { format, schema } });
            const { options } = resolveOptions({
              kafka: { brokers: ['127.0.0.1:1'], topic },
              value: { format, registry: { url: registry.url }, schema: contract({}, closed) },
            });
            const first = options.valueOf();
            assert.ok('schema' in first && first.schema !== undefined);
            const type = formats.find((one) => one.format === format)?.type ?? '';
            await register(`${topic}-value`, type, first.schema);
            await level(`${topic}-value`, compatibility);
            const { code } = await check(declare(contract(added, closed, [...required])));
            if (code === 0) fitting.push(compatibility);
          }
          levels[what] = fitting.join(' ');
        }
        assert.deepEqual(levels, {
          Avro: 'BACKWARD FORWARD FULL',
          // FORWARD is refused, though FULL is not: so Apicurio has it.
          Protobuf: 'BACKWARD FULL',
          open: 'FORWARD',
          closed: 'BACKWARD',
          'Avro, required': 'FORWARD',
          'open, required': 'FORWARD',
        });
      });

      it('prints what docs/schemas.md shows', async () => {
        const [command, output] = blocksFor(import.meta.filename);
        assert.equal(command?.text, 'npx walkeros-kafka schema check flow.json');
        const schema = avro({ name: 'id', type: 'string' });
        const config = (order: object) => ({
          settings: {
            kafka: { brokers: ['127.0.0.1:1'], topic: 'walkeros-events' },
            value: { format: 'avro', registry: { url: registry.url } },
          },
          mapping: {
            order: { complete: { data: 'data', settings: { topic: 'orders', value: { schema: order } } } },
          },
        });
        const headers = { 'content-type': 'application/json' };
        const body = JSON.stringify({ schema: JSON.stringify(schema) });
        await fetch(`${registry.url}/subjects/orders-value/versions`, { method: 'POST', headers, body });
        const level = JSON.stringify({ compatibility: 'BACKWARD_TRANSITIVE' });
        await fetch(`${registry.url}/config/orders-value`, { method: 'PUT', headers, body: level });
        const changed = avro({ name: 'id', type: 'string' }, { name: 'total', type: 'double' });
        const path = flowFile(folder, config(changed), {
          paid: { in: { name: 'order complete', data: { id: '0rd3r', total: 39.5 } } },
          free: { in: { name: 'order complete', data: { id: '0rd3r' } } },
        });
        const { code, lines } = await run(['schema', 'check', path]);
        assert.equal(lines.join('\n'), output?.text);
        assert.equal(code, 1);
      });
    }
  });
}

describe('schema check', () => {
  it('has an exit code of its own where no registry answers, and tries events all the same', async () => {
    const [nobody = 0] = await freePorts(1);
    const url = `http://127.0.0.1:${nobody}`;
    for (const { format, first } of formats) {
      const topic = freshName('check');
      const value = { format, schema: first };
      const { code, ok, subjects, events } = await check(
        flow({ url, topic, value, mapping, examples: { paid: { in: data('0rd3r') } } }),
      );
      assert.equal(code, 3, format);
      assert.equal(ok, false);
      assert.equal(subjects[0]?.status, 'unknown');
      assert.match(subjects[0].message, /ECONNREFUSED.*\. Check settings\.value\.registry\.url/);
      assert.deepEqual(events, { ok: 1, skipped: 0, broken: 0, breaks: [] });
      const broken = await check(flow({ url, topic, value, mapping, examples: { odd: { in: data({}) } } }));
      assert.equal(broken.code, 1, 'what breaks for certain goes before what is not known');
    }
  });

  it('tries a file of events by the mapping of the flow, code included, and names the lines that break', async () => {
    const [nobody = 0] = await freePorts(1);
    const events = join(folder, 'events.ndjson');
    const lines = [data('0rd3r'), '', data(7), { name: 'page view' }, { name: 'debug noise' }, 'no JSON', []];
    const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
    writeFileSync(events, text);
    const path = flow({
      ...{ topic: 'events', value: { format: 'json' } },
      mapping: {
        debug: { noise: { ignore: true } },
        order: {
          complete: {
            data: { map: { id: { fn: '$code:(event) => event.data.id' } } },
            settings: {
              topic: 'orders',
              value: {
                ...{ format: 'avro', registry: { url: `http://127.0.0.1:${nobody}` } },
                schema: avro({ name: 'id', type: 'string' }),
              },
            },
          },
        },
      },
    });
    const found = await check(path, '--events', events);
    assert.equal(found.code, 1);
    assert.deepEqual(found.events, {
      ...{ ok: 1, skipped: 2, broken: 3 },
      breaks: [
        {
          ...{ from: `${events}:3`, event: 'order complete', topic: 'orders' },
          reason: 'id must be a string, and is a whole number',
        },
        { from: `${events}:6`, event: '?', reason: 'is no JSON object' },
        { from: `${events}:7`, event: '?', reason: 'is no JSON object' },
      ],
    });
    const missing = await run(['schema', 'check', path, '--events', join(folder, 'none.ndjson')]);
    assert.equal(missing.code, 2);
    assert.match(missing.notes.join(), /--events: the file cannot be read \(ENOENT/);
  });

  it('is well where nothing is written with a schema', async () => {
    const path = flowFile(folder, { settings: { kafka: { brokers: ['127.0.0.1:1'], topic: 'events' } } });
    assert.deepEqual(await run(['schema', 'check', path]), {
      code: 0,
      lines: ['', 'No topic is written with a schema.'],
      notes: [],
    });
  });
});
