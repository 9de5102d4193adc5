import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { afterEach, describe, it } from 'node:test';
import { Registry } from '../../../../src/schema/registry/registry.ts';
import type { RegistryOptions } from '../../../../src/schema/registry/caller.ts';
import { KafkaError } from '../../../../src/model/errors.ts';
import { Secret } from '../../../../src/model/secret.ts';
import {
  scriptedServer,
  type Asked,
  type Reply,
  type ScriptedServer,
} from '../../../support/scripted-http.ts';

const open: ScriptedServer[] = [];
afterEach(() => Promise.all(open.splice(0).map((server) => server.close())));

async function start(
  answer: (asked: Asked, count: number) => Reply,
  auth?: RegistryOptions['auth'],
  tls?: RegistryOptions['tls'],
): Promise<{ registry: Registry; asked: Asked[] }> {
  const server = await scriptedServer(answer);
  open.push(server);
  const options = { urls: [server.url], tls, timeout: 1000, retries: 0, setting: 'schemaRegistry' };
  return { registry: new Registry({ ...options, auth }), asked: server.asked };
}

const lines = (asked: readonly Asked[]): string[] =>
  asked.map(({ method, path, body }) => `${method} ${path} ${body}`.trim());
const order = { schemaType: 'PROTOBUF', schema: 'syntax = "proto3";' } as const;
const missing: Reply = { status: 404, body: { error_code: 40401, message: 'Subject not found.' } };

describe('registry', () => {
  it('registers, and looks up what became of it even when the answer is empty', async () => {
    const { registry, asked } = await start(({ path }) =>
      path.endsWith('/versions') ? {} : { body: { id: 7, version: 2, subject: 'orders-value' } },
    );
    const registered = { ...order, subject: 'orders-value', version: 2, id: 7, references: [] };
    assert.deepEqual(await registry.register('orders-value', order), registered);
    assert.deepEqual(await registry.find('orders-value', order), registered);
    const body = '{"schema":"syntax = \\"proto3\\";","schemaType":"PROTOBUF"}';
    assert.deepEqual(lines(asked), [
      `POST /subjects/orders-value/versions ${body}`,
      `POST /subjects/orders-value ${body}`,
    ]);
    assert.equal(asked[0]?.headers['content-type'], 'application/vnd.schemaregistry.v1+json');
  });

  it('shows why a schema is refused', async () => {
    const refusals = [
      {
        status: 409,
        message: 'Schema being registered is incompatible with an earlier schema',
        code: 'SCHEMA_INCOMPATIBLE',
      },
      { status: 422, message: 'Invalid schema', code: 'SCHEMA_INVALID' },
    ];
    for (const { status, message, code } of refusals) {
      const { registry } = await start(() => ({ status, body: { error_code: status, message } }));
      await assert.rejects(registry.register('orders-value', order), (error: Error & { code: string }) => {
        assert.equal(error.code, code);
        assert.ok(
          error.message.includes(
            `could not register the schema under subject "orders-value": HTTP ${status}: ${message}.`,
          ),
        );
        return true;
      });
    }
  });

  // Two instances of a flow that started together over a new subject: Apicurio answered one of them "already exists", and its
  // events were rejected as incompatible.
  it('registers once more where another one was at work on the subject', async () => {
    const body = { error_code: 409, message: "An artifact with ID 'orders-value' already exists." };
    const { registry, asked } = await start(({ path }, count) => {
      if (!path.endsWith('/versions')) return { body: { id: 7, version: 2 } };
      return count < 3 ? { status: 409, body } : {};
    });
    assert.equal((await registry.register('orders-value', order)).id, 7);
    assert.deepEqual(
      asked.map(({ path }) => path),
      [...Array<string>(3).fill('/subjects/orders-value/versions'), '/subjects/orders-value'],
    );
  });

  /** "Correct the schema, or its schemaType", it said of a subject in read-only mode. */
  it('names no schema where an error is not about it', async () => {
    const answers: [number, string, string, string][] = [
      [
        42201,
        'Input schema is an invalid Avro schema',
        'SCHEMA_INVALID',
        ' Correct the schema, or its schemaType.',
      ],
      [42203, 'Invalid compatibility level', 'REGISTRY_FAILED', ''],
      [42205, 'Subject t-value is in read-only mode', 'REGISTRY_FAILED', ''],
    ];
    for (const [number, message, code, advice] of answers) {
      const { registry } = await start(() => ({ status: 422, body: { error_code: number, message } }));
      await assert.rejects(registry.register('t-value', order), (error: Error & { code: string }) => {
        assert.equal(error.code, code);
        assert.equal(error.message.split('"t-value": ')[1], `HTTP 422: ${message}.${advice}`);
        return true;
      });
    }
  });

  it('finds nothing where nothing is, and asks again next time', async () => {
    const { registry, asked } = await start(() => missing);
    for (const round of [1, 2]) {
      assert.equal(await registry.find('orders-value', order), undefined);
      assert.equal(await registry.latest('orders-value'), undefined);
      assert.equal(await registry.byId(5), undefined);
      assert.equal(asked.length, 3 * round);
    }
  });

  it('asks once for what never changes, however many want it at a time', async () => {
    const references = [{ name: 'a', subject: 's/1 ü', version: 1 }];
    const { registry, asked } = await start(({ path }) => ({
      delay: 20,
      body: path.startsWith('/schemas')
        ? { schema: '"string"', references: path.endsWith('1') ? [] : references }
        : { id: 1, version: 1, schema: '"string"' },
    }));
    const avro = { schemaType: 'AVRO', schema: '"string"', references: [] };
    for (const round of ['at once', 'later']) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => registry.byId(1)));
      assert.deepEqual(
        answers,
        Array.from({ length: 50 }, () => avro),
        round,
      );
      await Promise.all([2, 3, 2, 3].map((id) => registry.byId(id)));
    }
    assert.deepEqual(lines(asked), [
      'GET /schemas/ids/1',
      'GET /schemas/ids/2',
      'GET /schemas/ids/3',
      'GET /subjects/s%2F1%20%C3%BC/versions/1',
    ]);
  });

  it('brings what a schema of an id builds on, each after what it builds on itself', async () => {
    const bodies: Record<string, object> = {
      '/schemas/ids/9': { schema: 'C', references: [{ name: 'b', subject: 'b', version: 1 }] },
      '/subjects/b/versions/1': {
        ...{ id: 8, version: 1, schema: 'B' },
        references: [{ name: 'a', subject: 'a', version: 1 }],
      },
      '/subjects/a/versions/1': { id: 7, version: 1, schema: 'A' },
    };
    const { registry } = await start(({ path }) => ({ body: bodies[path] ?? missing }));
    assert.deepEqual(await registry.byId(9), {
      schemaType: 'AVRO',
      schema: 'C',
      references: [
        { name: 'a', schema: 'A' },
        { name: 'b', schema: 'B' },
      ],
    });
  });

  it('shares a failure with all who wait, and asks anew afterwards', async () => {
    const { registry, asked } = await start((_, count) =>
      count === 1 ? { status: 500, delay: 20 } : { body: { schema: '"string"' } },
    );
    const results = await Promise.allSettled([registry.byId(1), registry.byId(1)]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    assert.equal((await registry.byId(1))?.schema, '"string"');
    assert.equal(asked.length, 2);
  });

  it('asks for the latest version each time', async () => {
    const { registry } = await start((_, count) => ({
      body: { id: count, version: count, schema: '"string"' },
    }));
    assert.equal((await registry.latest('orders-value'))?.version, 1);
    assert.equal((await registry.latest('orders-value'))?.version, 2);
  });

  it('tells why a schema could not follow, in the words of either registry', async () => {
    const answers: [object, string[]][] = [
      [{ is_compatible: true }, []],
      // Apicurio's word for word: it was taken for no answer of a registry.
      [{ is_compatible: true, reason: null }, []],
      [{ is_compatible: true, messages: null }, []],
      [{ is_compatible: false, messages: ['a', 'b'] }, ['a', 'b']],
      [{ is_compatible: false, reason: 'c' }, ['c']],
      [{ is_compatible: false }, ['the registry gives no reason']],
    ];
    for (const [body, reasons] of answers) {
      const { registry, asked } = await start(() => ({ body }));
      assert.deepEqual(await registry.incompatibilities('s', order), reasons);
      assert.equal(asked.length, 1);
      assert.match(lines(asked)[0] ?? '', /^POST \/compatibility\/subjects\/s\/versions\?verbose=true \{/);
    }
    const { registry } = await start(() => missing);
    assert.deepEqual(await registry.incompatibilities('s', order), []);
  });

  /** Asked of the latest version alone, a dry run passed what a transitive level then refused to register. */
  it('compares with the latest version only where a registry cannot with all', async () => {
    const html = { 'content-type': 'text/html' };
    const unknown: Reply[] = [
      { status: 404, body: '<html>', headers: html },
      { status: 404, body: { error_code: 404, message: 'HTTP 404 Not Found' } },
      { status: 405 },
    ];
    for (const reply of unknown) {
      const { registry, asked } = await start(({ path }) =>
        path.includes('/latest') ? { body: { is_compatible: false, messages: ['a'] } } : reply,
      );
      assert.deepEqual(await registry.incompatibilities('s', order), ['a']);
      assert.deepEqual(
        asked.map(({ path }) => path),
        [
          '/compatibility/subjects/s/versions?verbose=true',
          '/compatibility/subjects/s/versions/latest?verbose=true',
        ],
      );
    }
    const { registry, asked } = await start(() => ({ status: 401 }));
    await assert.rejects(registry.incompatibilities('s', order), { code: 'REGISTRY_UNAUTHORIZED' });
    assert.equal(asked.length, 1);
  });

  // Karapace, which Aiven runs: of a transitive level only the latest version was looked at.
  it('compares with each version where the level is a transitive one and a registry cannot with all', async () => {
    const ask = (levels: Readonly<Record<string, string>>) =>
      start(({ path }) => {
        const level = levels[path];
        if (level !== undefined) return { body: { compatibilityLevel: level } };
        if (path === '/subjects/s/versions') return { body: [1, 2, 3] };
        const number = /versions\/([^?]+)/.exec(path)?.[1];
        if (number === undefined) return { status: 404 };
        return { body: { is_compatible: number !== '1', messages: ['id is gone'] } };
      });
    const own = await ask({ '/config/s': 'FULL_TRANSITIVE' });
    assert.deepEqual(await own.registry.incompatibilities('s', order), ['version 1: id is gone']);
    const ofAll = await ask({ '/config': 'BACKWARD_TRANSITIVE' });
    assert.deepEqual(await ofAll.registry.incompatibilities('s', order), ['version 1: id is gone']);
    const plain = await ask({ '/config/s': 'FULL' });
    assert.deepEqual(await plain.registry.incompatibilities('s', order), []);
  });

  it('sets the compatibility of a subject', async () => {
    const { registry, asked } = await start(() => ({}));
    await registry.setCompatibility('orders-value', 'FULL_TRANSITIVE');
    assert.deepEqual(lines(asked), ['PUT /config/orders-value {"compatibility":"FULL_TRANSITIVE"}']);
  });

  /** The settings refuse such a token; that it gets no further than this does not hang on them. */
  it('asks nobody with a token that no header takes, and does not quote it', async () => {
    for (const tls of [undefined, new Secret({})]) {
      for (const token of ['t0ken\ns3cret', 't0ken\u0000', 't0ken\u2013']) {
        const { registry, asked } = await start(() => ({}), { token: new Secret(token) }, tls);
        const failure: unknown = await registry.byId(1).catch((error: unknown) => error);
        assert.ok(failure instanceof KafkaError);
        assert.equal(failure.code, 'REGISTRY_UNAUTHORIZED');
        assert.equal(
          failure.message,
          'schemaRegistry.auth holds a character that no header takes (a line break?): correct it.',
        );
        assert.doesNotMatch(inspect(failure, { depth: 9 }), /t0ken|s3cret/);
        assert.equal(asked.length, 0);
      }
    }
  });

  const logins: [RegistryOptions['auth'], string | undefined][] = [
    [{ username: 'walker', password: new Secret('s3cr:t ü') }, 'Basic d2Fsa2VyOnMzY3I6dCDDvA=='],
    [{ token: new Secret('t0ken') }, 'Bearer t0ken'],
    [undefined, undefined],
  ];
  for (const [auth, header] of logins) {
    it(`logs in with ${header ?? 'nothing'}, and keeps it out of errors`, async () => {
      const { registry, asked } = await start(() => ({ status: 401, body: 'who?' }), auth);
      const failure: unknown = await registry.byId(1).catch((error: unknown) => error);
      assert.equal(asked[0]?.headers.authorization, header);
      assert.doesNotMatch(
        inspect(failure, { depth: 9 }) + inspect(registry, { depth: 9 }),
        /s3cr|t0ken|d2Fsa2/,
      );
    });
  }
});
