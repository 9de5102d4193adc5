import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { freePorts } from '../../scripts/kafka/ports.ts';
import { registryMissing, startRegistry, type RunningRegistry } from '../../scripts/registry/launch.ts';
import { Registry } from '../../src/schema/registry/registry.ts';
import type { Setup } from '../../src/types.ts';
import { freshName, freshTopic, sharedBroker } from '../support/broker.ts';
import { eventually } from '../support/eventually.ts';
import { event, runFlow } from '../support/flow.ts';
import { failureOf } from '../support/load.ts';
import { registryProxy } from '../support/registry-proxy.ts';
import { runSetup } from '../support/setup.ts';
import { bearerLives, startTokenIssuer } from '../support/token-issuer.ts';

type Declared = NonNullable<Setup['schemaRegistry']>;

const avro = (type: string): Record<string, unknown> => ({
  type: 'record',
  name: 'Event',
  fields: [{ name: 'id', type }],
});
const protobuf = (type: string): string => `syntax = "proto3"; message Event { ${type} id = 1; }`;
const json = (type: string): Record<string, unknown> => ({ type: 'object', properties: { id: { type } } });
const schemas = {
  AVRO: { right: avro('string'), incompatible: avro('int') },
  JSON: { right: json('string'), incompatible: json('integer') },
  PROTOBUF: { right: protobuf('string'), incompatible: protobuf('bool') },
} as const;

describe('setup with a schema registry', { skip: (await registryMissing()) ?? false }, () => {
  let registry: RunningRegistry;
  let topic = '';
  before(async () => {
    registry = await startRegistry();
    topic = await freshTopic('registry');
  });
  after(() => registry.stop());

  async function run(
    schemaRegistry: Omit<Declared, 'url'> & { url?: Declared['url'] },
    more: Partial<Setup> = {},
  ) {
    const { brokers } = await sharedBroker();
    return runSetup(
      { kafka: { brokers, topic } },
      {
        numPartitions: 1,
        replicationFactor: 1,
        ...more,
        schemaRegistry: { url: registry.url, ...schemaRegistry },
      },
    );
  }

  async function get(path: string): Promise<unknown> {
    const response = await fetch(registry.url + path);
    return response.status === 404 ? undefined : response.json();
  }
  const versions = (subject: string): Promise<unknown> => get(`/subjects/${subject}/versions`);

  function assertError(result: unknown, code: string, message: RegExp): void {
    assert.ok(result instanceof Error && 'code' in result, String(result));
    assert.equal(result.code, code);
    assert.match(result.message, message);
  }

  for (const schemaType of ['AVRO', 'JSON', 'PROTOBUF'] as const) {
    const { right, incompatible } = schemas[schemaType];

    it(`${schemaType}: registers, registers nothing twice, sets the compatibility, refuses what is incompatible`, async () => {
      const subject = freshName('subject');
      const declared = { subject, schemaType, schema: right, compatibility: 'FULL' } as const;
      assert.equal(await versions(subject), undefined);
      const first = await run(declared);
      assert.deepEqual(first.result, { topicCreated: false, schemaRegistered: true });
      assert.deepEqual(await get(`/config/${subject}`), { compatibilityLevel: 'FULL' });
      const registered = (await get(`/subjects/${subject}/versions/latest`)) as {
        id: number;
        version: number;
      };
      const place = `under subject "${subject}", version ${registered.version}, id ${registered.id}.`;
      assert.ok(first.log.includes(`INFO The schema was registered ${place}`), first.log.join('\n'));

      const second = await run(declared);
      assert.deepEqual(second.result, { topicCreated: false, schemaRegistered: false });
      assert.ok(second.log.includes(`INFO The schema is there ${place}`), second.log.join('\n'));
      assert.deepEqual(await versions(subject), [1]);

      const reason =
        /could not register the schema under subject .*: HTTP 409: .*[Ii]ncompatible.*\. Change the schema/s;
      const changed = { ...declared, schema: incompatible };
      assertError((await run(changed)).result, 'SCHEMA_INCOMPATIBLE', reason);
      const dry = await run(changed, { validateOnly: true });
      assertError(
        dry.result,
        'SCHEMA_INCOMPATIBLE',
        /is not compatible with what is registered under subject .*: .*[Ii]ncompatible/s,
      );
      assert.deepEqual(await versions(subject), [1]);
    });

    it(`${schemaType}: refuses what is no schema, with the registry's reason`, async () => {
      const subject = freshName('subject');
      const schema = schemaType === 'PROTOBUF' ? 'message Event {' : { type: 'no such type' };
      const { result } = await run({ subject, schemaType, schema });
      assertError(result, 'SCHEMA_INVALID', /HTTP 422: .+\. Correct the schema, or its schemaType\./s);
      // There is nothing yet that the registry could compare it with.
      const dry = await run({ subject, schemaType, schema }, { validateOnly: true });
      assertError(dry.result, 'SCHEMA_INVALID', new RegExp(`is not valid as ${schemaType}: .+`, 's'));
      assert.equal(await versions(subject), undefined);
    });

    it(`${schemaType}: has a ready-made schema of the event`, async () => {
      const subject = freshName('subject');
      const declared = { subject, schemaType, schema: 'walkeros-event', compatibility: 'BACKWARD' } as const;
      const dry = await run(declared, { validateOnly: true });
      assert.deepEqual(dry.result, { topicCreated: false, schemaRegistered: false }, dry.log.join('\n'));
      const { result } = await run(declared);
      assert.deepEqual(result, { topicCreated: false, schemaRegistered: true });
      const stored = (await get(`/subjects/${subject}/versions/latest`)) as { schema: string };
      assert.match(stored.schema, /walkeros/);
    });
  }

  /** The dry run compared with the latest version only, and passed. */
  it('compares with all versions where the level is a transitive one, dry run or not', async () => {
    const subject = freshName('subject');
    const field = (name: string, more: object) => ({ name, type: 'string', ...more });
    const declared = (...fields: object[]) => ({
      ...({ subject, schemaType: 'AVRO', compatibility: 'BACKWARD_TRANSITIVE' } as const),
      schema: { type: 'record', name: 'Event', fields: [{ name: 'id', type: 'string' }, ...fields] },
    });
    const registered = { topicCreated: false, schemaRegistered: true };
    assert.deepEqual((await run(declared())).result, registered);
    assert.deepEqual((await run(declared(field('shop', { default: '' })))).result, registered);
    // Reads the second, which has the field, and not the first.
    const third = declared(field('shop', {}));
    assertError((await run(third)).result, 'SCHEMA_INCOMPATIBLE', /HTTP 409/);
    const dry = await run(third, { validateOnly: true });
    assertError(dry.result, 'SCHEMA_INCOMPATIBLE', /is not compatible with what is registered under subject/);
    const fine = await run(declared(field('till', { default: '' })), { validateOnly: true });
    assert.deepEqual(fine.result, { topicCreated: false, schemaRegistered: false });
    assert.deepEqual(await versions(subject), [1, 2]);
  });

  // The schema of a second topic had to be registered by hand, or by the flow itself.
  it('registers the schema of each topic that values are written with', async () => {
    const { brokers } = await sharedBroker();
    const orders = await freshTopic('registry-orders');
    const order = (type: string) => ({ ...avro(type), name: 'Order' });
    const declare = (type: string, more: Partial<Setup> = {}) =>
      runSetup(
        {
          kafka: { brokers, topic },
          value: { format: 'avro', registry: { url: registry.url }, subjectNameStrategy: 'topic-record' },
        },
        {
          ...{ numPartitions: 1, replicationFactor: 1, compatibility: 'BACKWARD', ...more },
          topics: { [orders]: { compatibility: 'FULL' } },
        },
        {
          order: { complete: { settings: { topic: orders, value: { schema: order(type) } } } },
          page: { view: { settings: { topic: orders, value: { schema: order(type) } } } },
        },
      );
    const ofEvents = `${topic}-walkeros.Event`;
    const ofOrders = `${orders}-Order`;
    const dry = await declare('string', { validateOnly: true });
    assert.deepEqual(dry.result, { topicCreated: false, schemaRegistered: false });
    assert.deepEqual([await versions(ofEvents), await versions(ofOrders)], [undefined, undefined]);

    const first = await declare('string');
    assert.deepEqual(first.result, { topicCreated: false, schemaRegistered: true });
    const said = (log: readonly string[], what: string) =>
      log
        .map((line) => /The schema was registered under subject "([^"]*)"/.exec(line)?.[1])
        .filter((subject) => subject === what);
    assert.deepEqual(said(first.log, ofEvents), [ofEvents], first.log.join('\n'));
    assert.deepEqual(said(first.log, ofOrders), [ofOrders], first.log.join('\n'));
    assert.deepEqual(await get(`/config/${ofEvents}`), { compatibilityLevel: 'BACKWARD' });
    assert.deepEqual(await get(`/config/${ofOrders}`), { compatibilityLevel: 'FULL' });
    assert.deepEqual((await declare('string')).result, { topicCreated: false, schemaRegistered: false });

    assertError((await declare('int')).result, 'SCHEMA_INCOMPATIBLE', /HTTP 409: .*INT not compatible/);
    assertError((await declare('no such type')).result, 'SCHEMA_INVALID', /the Avro schema cannot be used/);
    assert.deepEqual([await versions(ofEvents), await versions(ofOrders)], [[1], [1]]);
  });

  // Two instances of a flow that start together: Apicurio answered every third "already exists", and its events were rejected.
  it('takes what several register at once under a new subject, the same schema and another', async () => {
    const options = { urls: [registry.url], auth: undefined, tls: undefined, timeout: 5_000, setting: 'x' };
    const optional = { name: 'shop', type: ['null', 'string'], default: null };
    const texts = [[], [], [optional]].map((more) =>
      JSON.stringify({ type: 'record', name: 'Event', fields: [{ name: 'id', type: 'string' }, ...more] }),
    );
    for (const subject of Array.from({ length: 10 }, () => freshName('at-once'))) {
      const [one, same, other] = await Promise.all(
        texts.map((schema) => new Registry(options).register(subject, { schemaType: 'AVRO', schema })),
      );
      assert.equal(one?.id, same?.id);
      assert.notEqual(one?.id, other?.id);
    }
  });

  it('registers nothing with validateOnly', async () => {
    const subject = freshName('subject');
    const { result } = await run(
      { subject, schemaType: 'AVRO', schema: avro('string') },
      { validateOnly: true },
    );
    assert.deepEqual(result, { topicCreated: false, schemaRegistered: false });
    assert.equal(await versions(subject), undefined);
  });

  it('goes on with the next URL where the first does not answer', async () => {
    const [unused = 0] = await freePorts(1);
    const url = [`http://127.0.0.1:${unused}`, registry.url];
    const { result } = await run({
      url,
      subject: freshName('subject'),
      schemaType: 'AVRO',
      schema: avro('string'),
    });
    assert.deepEqual(result, { topicCreated: false, schemaRegistered: true });
  });

  it('says that the path of the API is missing from the URL', async () => {
    const url = new URL(registry.url).origin;
    const { result } = await run({ url, subject: 'any', schemaType: 'AVRO', schema: avro('string') });
    assertError(
      result,
      'REGISTRY_FAILED',
      /HTTP 404: .*the path of the API belongs to it \(Apicurio: \/apis\/ccompat\/v7\)/s,
    );
  });

  describe('that wants a login', () => {
    /** The registry itself only knows Keycloak's: so what stands in front of most asks for it. */
    const guard = createServer((asked, answer) => {
      if (asked.headers.authorization !== `Basic ${btoa('walker:right')}`) {
        asked.resume();
        answer.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end();
        return;
      }
      const { method, headers } = asked;
      const url = new URL(registry.url).origin + (asked.url ?? '');
      const passed = request(url, { method, headers }, (reply) => {
        answer.writeHead(reply.statusCode ?? 500, reply.headers);
        reply.pipe(answer);
      });
      asked.pipe(passed);
    });
    before(async () => {
      guard.listen(0, '127.0.0.1');
      await once(guard, 'listening');
    });
    after(() => {
      guard.closeAllConnections();
      guard.close();
    });

    const login = (subject: string, password: string) => {
      const url = `http://127.0.0.1:${(guard.address() as AddressInfo).port}/apis/ccompat/v7`;
      const auth = { username: 'walker', password };
      return run({ url, auth, subject, schemaType: 'AVRO', schema: avro('string') });
    };

    it('takes the right password', async () => {
      const { result } = await login(freshName('subject'), 'right');
      assert.deepEqual(result, { topicCreated: false, schemaRegistered: true });
    });

    it('refuses a wrong one, which no message shows', async () => {
      const subject = freshName('subject');
      const { result, log } = await login(subject, 'wr0ng');
      assertError(result, 'REGISTRY_UNAUTHORIZED', /HTTP 401\. Check setup\.schemaRegistry\.auth,/);
      assert.doesNotMatch(String(result) + log.join(), /wr0ng/);
      assert.equal(await versions(subject), undefined);
    });
  });

  /** The short form of test/long/registry-tokens.ts. */
  it('behind a token endpoint: setup logs in, and events of a new schema wait while the endpoint is down', async (t) => {
    const issuer = await startTokenIssuer('User:shop');
    t.after(() => issuer.close());
    const gate = await registryProxy(registry.url, {
      allows: ({ authorization }) => bearerLives(issuer, authorization),
    });
    t.after(() => gate.close());
    const { tokenEndpoint, clientId, clientSecret } = issuer;
    const auth = { oauth: { tokenEndpoint, clientId, clientSecret }, logicalCluster: 'lsrc-1a2b3' };
    const subject = `${topic}-value`;
    const { result } = await run({
      url: gate.url,
      auth,
      subject,
      schemaType: 'AVRO',
      schema: avro('string'),
    });
    assert.deepEqual(result, { topicCreated: false, schemaRegistered: true });
    assert.equal(gate.asked[0]?.headers['target-sr-cluster'], 'lsrc-1a2b3');

    const { brokers } = await sharedBroker();
    const value = {
      ...({ format: 'avro', schema: avro('string'), autoRegister: true } as const),
      registry: { url: gate.url, auth },
    };
    const other = await freshTopic('registry');
    issuer.life = 1;
    const flow = await runFlow(
      { kafka: { brokers, topic, deliveryTimeout: 20_000 }, value },
      { mapping: { order: { complete: { settings: { topic: other } } } } },
    );
    t.after(() => flow.stop());
    assert.equal(failureOf(await flow.push(event())), undefined, flow.log.join('\n'));
    issuer.up = false;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const waiting = flow.push(event({ name: 'order complete', entity: 'order', action: 'complete' }));
    // What is known goes on.
    assert.equal(failureOf(await flow.push(event())), undefined, flow.log.join('\n'));
    const said = /there is no token to log in with\. The token endpoint http:\/\/\S+ did not answer/;
    await eventually('the log says so', () => said.test(flow.log.join('\n')));
    issuer.up = true;
    assert.equal(failureOf(await waiting), undefined, flow.log.join('\n'));
    const shown = flow.log.join('\n');
    for (const secret of [clientSecret, ...issuer.tokens]) assert.ok(!shown.includes(secret));
  });
});
