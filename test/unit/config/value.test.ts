import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { resolveOptions } from '../../../src/config/resolve.ts';
import { Secret } from '../../../src/model/secret.ts';
import { tempFolder } from '../../support/temp.ts';
import { problems } from './problems.ts';

const kafka = { brokers: ['kafka1:9092'], topic: 'events' };
const registry = { url: 'http://registry:8081' };

describe('settings.value', () => {
  it('is JSON by default', () => {
    assert.deepEqual(resolveOptions({ kafka }).options.valueOf(), { format: 'json' });
  });

  it('fills in the defaults of a format with a schema', () => {
    assert.deepEqual(resolveOptions({ kafka, value: { format: 'avro', registry } }).options.valueOf(), {
      format: 'avro',
      registry: {
        ...{ urls: ['http://registry:8081'], auth: undefined, tls: undefined, timeout: 3000 },
        setting: 'settings.value.registry',
      },
      schema: undefined,
      message: undefined,
      subjectNameStrategy: 'topic',
      autoRegister: false,
      useLatestVersion: false,
      latestCacheTtl: 60000,
      ignoreRules: [],
      schemaId: 'prefix',
    });
  });

  it('takes a contract that determines every type, and names each path that it does not', () => {
    const contract = (properties: object) => ({ properties: { data: { type: 'object', properties } } });
    const sku = { type: 'string' };
    const { options } = resolveOptions({
      kafka,
      value: { format: 'protobuf', registry, schema: contract({ sku }) },
    });
    const value = options.valueOf();
    assert.match('schema' in value ? (value.schema ?? '') : '', /^ {2}Data data = 8;$/m);
    const schema = contract({ sku, size: {}, list: { type: 'array' } });
    const say = 'is a contract that cannot be written as AVRO:';
    assert.deepEqual(problems({ kafka, value: { format: 'avro', registry, schema } }), [
      `settings.value.schema: ${say} data.size has no type`,
      `settings.value.schema: ${say} data.list is a list whose items have no type (items)`,
    ]);
  });

  it('takes a schema as an object, and the ready-made one by its name', () => {
    const schemaOf = (schema: unknown) => {
      const value = resolveOptions({ kafka, value: { format: 'avro', registry, schema } }).options.valueOf();
      return 'schema' in value ? value.schema : 'none';
    };
    assert.equal(schemaOf({ type: 'string' }), '{"type":"string"}');
    assert.equal(schemaOf('walkeros-event'), undefined);
  });

  it('shows the password of the registry nowhere', () => {
    const auth = { username: 'me', password: 's3cret' };
    const { options } = resolveOptions({ kafka, value: { format: 'avro', registry: { ...registry, auth } } });
    const value = options.valueOf();
    assert.ok('registry' in value && value.registry.auth && 'password' in value.registry.auth);
    assert.ok(value.registry.auth.password instanceof Secret);
    assert.equal(value.registry.auth.password.reveal(), 's3cret');
    assert.doesNotMatch(inspect(options, { depth: 9 }) + JSON.stringify(value), /s3cret/);
  });

  /** "Invalid URL", each look-up said, of what reads as a right one. */
  it('takes a URL without the spaces around it', () => {
    const url = [' https://a:8081', 'https://b:8081/apis/ccompat/v7 \n'];
    const value = resolveOptions({ kafka, value: { format: 'avro', registry: { url } } }).options.valueOf();
    assert.ok('registry' in value);
    assert.deepEqual(value.registry.urls, ['https://a:8081', 'https://b:8081/apis/ccompat/v7']);
  });

  it('takes a token without the line end of its file', () => {
    const auth = { token: 't0ken\n' };
    const value = resolveOptions({
      kafka,
      value: { format: 'avro', registry: { url: 'https://registry:8081', auth } },
    }).options.valueOf();
    assert.ok('registry' in value && value.registry.auth && 'token' in value.registry.auth);
    assert.equal(value.registry.auth.token.reveal(), 't0ken');
  });

  const refused: [value: object, ...lines: string[]][] = [
    [
      { format: 'xml' },
      'settings.value.format: "xml" is not one of "json", "cloudevents", "avro", "json-schema", "protobuf"',
    ],
    [
      { format: 'avro' },
      'settings.value.registry: is missing: this format needs a Schema Registry, for example { "url": "https://registry:8081" }',
    ],
    [
      { registry },
      'settings.value.registry: says nothing to the format "json", but to avro, json-schema, protobuf: remove it, or change format',
    ],
    [
      { format: 'avro', registry, mode: 'binary' },
      'settings.value.mode: says nothing to the format "avro", but to cloudevents: remove it, or change format',
    ],
    [
      { format: 'avro', registry, autoRegister: true, useLatestVersion: true },
      'settings.value.useLatestVersion: and autoRegister exclude one another: either the registry says what is written, or this flow does',
    ],
    [
      { format: 'avro', registry, useLatestVersion: true, schema: '"string"' },
      'settings.value.schema: is not used with useLatestVersion, which takes the newest of the subject: remove it, or set useLatestVersion to false',
    ],
    [
      { format: 'avro', registry, latestCacheTtl: 5 },
      'settings.value.latestCacheTtl: has no effect without useLatestVersion: remove it',
    ],
    [
      { format: 'json-schema', registry, schema: 'message A {}' },
      'settings.value.schema: is no JSON, which schemas of this format are',
    ],
    [
      { format: 'protobuf', registry, schema: { type: 'record' } },
      'settings.value.schema: is an object, and must be the text of a .proto file, or a contract of events',
    ],
    [
      { format: 'avro', registry: { url: 'http://me:pw@registry' } },
      'settings.value.registry.url: holds a user name or password: put those into auth',
    ],
    [
      { format: 'avro', registry: { url: 'https://registry:8081/?key=hush' } },
      'settings.value.registry.url: holds a "?", and the path of each call is written behind the URL: cut it off there, and put a login into auth',
    ],
    [
      { format: 'avro', registry: { url: ['https://a:8081', 'https://registry:8081/#top'] } },
      'settings.value.registry.url[1]: holds a "#", and the path of each call is written behind the URL: cut it off there, and put a login into auth',
    ],
    [
      { format: 'avro', registry, subjectNameStrategie: 'x' },
      'settings.value.subjectNameStrategie: unknown setting: did you mean "subjectNameStrategy"?',
    ],
  ];
  for (const [value, ...lines] of refused) {
    it(`refuses ${JSON.stringify(value)}`, () => assert.deepEqual(problems({ kafka, value }), lines));
  }
});

describe('a login at a registry over http', () => {
  const auth = { username: 'me', password: 'hush' };
  const value = { format: 'avro', registry: { url: 'https://a:8081', auth } };
  const warnings = (registryOfRule: object) => {
    const mapping = { order: { complete: { settings: { value: { registry: registryOfRule } } } } };
    return resolveOptions({ kafka, value }, { mapping }).warnings;
  };

  it('is a warning, by the setting that names the registry', () => {
    assert.deepEqual(warnings({ url: ['https://b:8081', 'http://c:8081'], auth }), [
      'mapping.order.complete.settings.value.registry.url: is http: the password crosses the network in clear text; use https',
    ]);
    assert.deepEqual(warnings({ url: 'http://c:8081', auth: { token: 'hush' } }), [
      'mapping.order.complete.settings.value.registry.url: is http: the token crosses the network in clear text; use https',
    ]);
  });

  it('is none where nothing is to be kept secret, or where it stays on the machine', () => {
    assert.deepEqual(warnings({ url: 'http://c:8081', auth: undefined }), []);
    for (const host of ['localhost', '127.0.0.1', '[::1]'])
      assert.deepEqual(warnings({ url: `http://${host}:8081`, auth }), []);
  });
});

/** Nothing said that `ca` was no PEM: the registry was asked without it, and refused, for ever. */
describe('the certificates of a registry', () => {
  const ca = readFileSync(new URL('../../contract/tls/certificate.pem', import.meta.url), 'utf8');
  const path = join(tempFolder(), 'ca.pem');
  writeFileSync(path, ca);
  const auth = { username: 'me', password: 'hush' };
  const of = (ssl: object, more: object = {}) => ({
    format: 'avro',
    registry: { url: 'https://registry:8081', ssl, ...more },
  });
  const caOf = (ssl: object): string => {
    const value = resolveOptions({ kafka, value: of(ssl) }).options.valueOf();
    assert.ok('registry' in value);
    return String(value.registry.tls?.reveal().ca);
  };

  it('are taken as those of the brokers', () => {
    assert.equal(caOf({ ca }), ca);
    assert.equal(caOf({ ca: path }), ca);
    assert.equal(caOf({ ca: ca.replaceAll('\n', '\\n') }), ca);
  });

  it('are refused at the start where they cannot be used, once for each that is written', () => {
    const say = 'is neither PEM text ("-----BEGIN …") nor the path of a file that can be read (ENOENT)';
    const rule = (value: object) => ({ settings: { value } });
    const mapping = {
      order: { complete: rule({ schema: '"string"' }), view: rule(of({ key: '/nowhere', cert: ca })) },
    };
    assert.deepEqual(problems({ kafka, value: of({ ca: '/nowhere' }) }, { mapping }), [
      `settings.value.registry.ssl.ca: ${say}`,
      `mapping.order.view.settings.value.registry.ssl.key: ${say}`,
    ]);
  });

  const warned: [ssl: object, more: object, ...warnings: string[]][] = [
    [{ ca }, { auth }],
    [
      { rejectUnauthorized: false },
      { auth },
      'settings.value.registry.ssl.rejectUnauthorized: is false: the registry\'s certificate is not checked, so anyone on the way can pose as the registry and read the password; give the authority that signed it as "ca" instead',
    ],
    [
      { rejectUnauthorized: false },
      {},
      'settings.value.registry.ssl.rejectUnauthorized: is false: the registry\'s certificate is not checked, so anyone on the way can pose as the registry and say what values are written with; give the authority that signed it as "ca" instead',
    ],
    [
      { rejectUnauthorized: false },
      { url: ['http://a:8081', 'http://localhost:8081'] },
      'settings.value.registry.ssl: has no effect, since url is http: use https, or remove ssl',
    ],
    [{ ca }, { url: ['http://a:8081', 'https://b:8081'] }],
  ];
  for (const [ssl, more, ...warnings] of warned) {
    it(`are told of at each start where they protect nothing: ${JSON.stringify({ ...ssl, ...more })}`, () => {
      assert.deepEqual(resolveOptions({ kafka, value: of(ssl, more) }).warnings, warnings);
    });
  }
});

describe('the value of a mapping rule', () => {
  const choose = (value: object, rule: object) =>
    resolveOptions({ kafka, value }).options.valueOf({ value: rule });
  const avro = { format: 'avro', registry, autoRegister: true };

  it('changes what it names, and shares the registry', () => {
    const { options } = resolveOptions({ kafka, value: avro });
    const general = options.valueOf();
    const own = options.valueOf({ value: { schema: '"string"' } });
    assert.ok('registry' in general && 'registry' in own);
    assert.equal(own.registry, general.registry);
    assert.deepEqual({ ...own, schema: undefined }, general);
    assert.equal(own.schema, '"string"');
  });

  it('of another format takes over the registry only', () => {
    assert.deepEqual(choose(avro, { format: 'json' }), { format: 'json' });
    const protobuf = choose(avro, { format: 'protobuf' });
    assert.ok('registry' in protobuf);
    assert.deepEqual([protobuf.registry.urls, protobuf.autoRegister], [['http://registry:8081'], false]);
  });

  const schemaOf = (value: object, rule: object) => {
    const mapping = { order: { complete: { settings: { value: rule } } } };
    const own = resolveOptions({ kafka, value }, { mapping }).options.valueOf({ value: rule });
    assert.ok('registry' in own);
    return [own.useLatestVersion, own.schema];
  };

  it('leaves the newest schema for one of its own', () => {
    const latest = { format: 'avro', registry, useLatestVersion: true, latestCacheTtl: 10_000 };
    assert.deepEqual(schemaOf(latest, { useLatestVersion: false, schema: '"string"' }), [false, '"string"']);
    const mapping = { order: { complete: { settings: { value: { schema: '"string"' } } } } };
    assert.deepEqual(problems({ kafka, value: latest }, { mapping }), [
      'mapping.order.complete.settings.value.schema: is not used with useLatestVersion, which takes the newest of the subject: remove it, or set useLatestVersion to false',
    ]);
  });

  it('leaves the schema of all events for the newest', () => {
    const written = { format: 'avro', registry, schema: '"string"' };
    assert.deepEqual(schemaOf(written, { useLatestVersion: true }), [true, undefined]);
    // By its name the schema tells the subject.
    const named = { ...written, subjectNameStrategy: 'record' };
    assert.deepEqual(schemaOf(named, { useLatestVersion: true }), [true, '"string"']);
    assert.deepEqual(schemaOf(written, { useLatestVersion: false }), [false, '"string"']);
  });

  /** The ready-made schema was taken instead, which mapped data does not fit. */
  it('takes what is undefined for left out', () => {
    const written = { format: 'avro', registry, schema: '"string"', useLatestVersion: false };
    assert.deepEqual(schemaOf(written, { schema: undefined, registry: undefined }), [false, '"string"']);
  });

  it('is the same object for the same rule', () => {
    const { options } = resolveOptions({ kafka, value: avro });
    const rule = { topic: 'orders', value: { schema: '"string"' } };
    assert.equal(options.valueOf(rule), options.valueOf(rule));
    assert.equal(options.valueOf({ topic: 'orders' }), options.valueOf());
  });

  it('is checked at the start, together with what it is laid over', () => {
    const mapping = { order: { complete: { settings: { value: { format: 'avro' } } } } };
    assert.deepEqual(problems({ kafka }, { mapping }), [
      'mapping.order.complete.settings.value.registry: is missing: this format needs a Schema Registry, for example { "url": "https://registry:8081" }',
    ]);
    assert.deepEqual(problems({ kafka, value: { format: 'protobuf', registry } }, { mapping }), []);
  });
});
