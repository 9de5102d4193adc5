import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { schemaReaders } from '../../../src/cli/reading/schema-readers.ts';
import { resolveOptions } from '../../../src/config/resolve.ts';
import { valueRegistries } from '../../../src/config/mapping.ts';
import { staticHeaders } from '../../../src/record/shape.ts';
import { valueFormats } from '../../../src/schema/value-formats.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import { event } from '../../support/flow.ts';
import { scriptedServer, type Asked } from '../../support/scripted-http.ts';

type Rule = Readonly<Record<string, unknown>>;
type RuleSet = Readonly<Record<string, unknown>> | null;

const schema = { type: 'record', name: 'User', fields: [{ name: 'email', type: 'string' }] };
const encrypt: Rule = {
  ...{ name: 'encryptPii', kind: 'TRANSFORM', mode: 'WRITEREAD', type: 'ENCRYPT', tags: ['PII'] },
  ...{ params: { 'encrypt.kek.name': 'kek' }, onSuccess: null, onFailure: 'ERROR,NONE', disabled: false },
};
const condition: Rule = { name: 'positive', kind: 'CONDITION', mode: 'WRITE', type: 'CEL', expr: 'x > 0' };
const domain = (...rules: Rule[]): RuleSet => ({ domainRules: rules });

/** A registry in which version 2 of the subject has the schema of version 1 and rules, unless `before` has some as well. */
async function start(
  t: TestContext,
  rules: (asked: Asked) => RuleSet | undefined,
  own: Readonly<Record<string, unknown>> = {},
) {
  const registry = await scriptedServer((asked) => {
    const isLatest = asked.path.endsWith('/versions/latest');
    const place = isLatest ? { id: 2, version: 2 } : { id: 1, version: 1 };
    return { body: { ...place, schema: JSON.stringify(schema), ruleSet: rules(asked) } };
  });
  t.after(() => registry.close());
  const value = { format: 'avro', registry: { url: registry.url }, schema, ...own };
  const kafka = { brokers: ['kafka1:9092'], topic: 'users' };
  const { options } = resolveOptions({ kafka, value });
  const formats = valueFormats(options, () => undefined, false);
  t.after(() => formats.close());
  const write = async (): Promise<string> => {
    const compose = formats.composer(undefined);
    const head = { topic: 'users', key: Buffer.from('k'), timestamp: 1, headers: staticHeaders({}) };
    const record = compose?.(head, { email: 'a@b.de' }, event());
    assert.ok(record !== undefined);
    await record.pending?.changed(0);
    try {
      const done = record.pending === undefined ? record : record.pending.finish(record);
      return done?.value?.toString('hex') ?? String(record.pending?.lastError?.message);
    } catch (thrown) {
      assert.ok(thrown instanceof KafkaError);
      return `${thrown.code} ${thrown.message}`;
    }
  };
  return { write, asked: registry.asked, options };
}

const latestOnly =
  (rules: RuleSet) =>
  ({ path }: Asked): RuleSet =>
    path.endsWith('/latest') ? rules : null;

const plain = '00000000010c6140622e6465';
const refused =
  'SCHEMA_RULES_UNSUPPORTED Kafka topic "users": the newest version of subject "users-value" has rules for what is written, ' +
  'and this destination carries out none: "encryptPii" (ENCRYPT of PII). Nothing is written without them. Name them in ' +
  'settings.value.ignoreRules where that is wanted, disable them in the registry, or write to a subject without rules.';

// A subject whose rule encrypts fields with a tag got them in plain text, and nobody was told. Confluent's clients refuse
// to write without an executor of the rule.
describe('the rules of a schema', () => {
  it('refuse its events, by topic, subject and rule', async (t) => {
    const { write } = await start(t, () => domain(encrypt));
    assert.equal(await write(), refused);
  });

  it('refuse them where only the newest version has them: its text finds an older one', async (t) => {
    const { write } = await start(t, latestOnly(domain(encrypt)));
    assert.equal(await write(), refused);
    const registering = await start(t, latestOnly(domain(encrypt)), { autoRegister: true });
    assert.equal(await registering.write(), refused);
    // It would have got the rules of the version before.
    assert.deepEqual(
      registering.asked.map(({ method }) => method),
      ['GET'],
    );
  });

  it('refuse them where only the version of the text has them', async (t) => {
    const { write } = await start(t, ({ path }) => (path.endsWith('/latest') ? null : domain(encrypt)));
    assert.match(await write(), /^SCHEMA_RULES_UNSUPPORTED .*: version 1 of subject "users-value" has rules/);
  });

  it('refuse them with the latest version, also when it gets them later', async (t) => {
    let rules: RuleSet = null;
    const own = { schema: undefined, useLatestVersion: true, latestCacheTtl: 1 };
    const { write, asked } = await start(t, () => rules, own);
    const latest = plain.replace('01', '02');
    assert.equal(await write(), latest);
    rules = domain(encrypt);
    const deadline = performance.now() + 10_000;
    let last = await write();
    while (last === latest && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      last = await write();
    }
    assert.match(last, /^SCHEMA_RULES_UNSUPPORTED .*: version 2 of subject "users-value" has rules/);
    assert.ok(asked.length > 1);
  });

  it('refuse no event where they are known and not wanted, by name', async (t) => {
    const ignoring = { ignoreRules: ['encryptPii'] };
    const all = await start(t, () => domain(encrypt), ignoring);
    assert.equal(await all.write(), plain);
    const one = await start(t, () => domain(encrypt, { ...encrypt, name: 'encryptKey', tags: [] }), ignoring);
    assert.match(await one.write(), /none: "encryptKey" \(ENCRYPT\)\. Nothing/);
  });

  it('refuse only where they change or judge what is written', async (t) => {
    const acting: [string, RuleSet][] = [
      ['a condition', domain(condition)],
      ['a condition with consequences', domain({ ...condition, onFailure: 'DLQ' })],
      ['a condition that fails on success', domain({ ...condition, onFailure: 'NONE', onSuccess: 'ERROR' })],
      [
        'a condition for both, which fails when written',
        domain({ ...condition, mode: 'WRITEREAD', onFailure: 'ERROR,NONE' }),
      ],
      ['a transformation that may fail', domain({ ...encrypt, onFailure: 'NONE' })],
      ['fields', domain({ ...condition, type: 'CEL_FIELD', kind: 'TRANSFORM' })],
      ['JSONata', domain({ ...encrypt, type: 'JSONATA' })],
      ['encoding rules', { encodingRules: [{ ...encrypt, type: 'ENCRYPT_PAYLOAD' }] }],
      ['clients', { ...domain(encrypt), enableAt: 'CLIENT' }],
      ['without a mode', domain({ ...encrypt, mode: undefined })],
      ['a mode that nobody knows', domain({ ...encrypt, mode: 'SOMETIMES' })],
      ['a rule with nothing in it', domain({})],
    ];
    for (const [what, rules] of acting) {
      const { write } = await start(t, () => rules);
      assert.match(await write(), /^SCHEMA_RULES_UNSUPPORTED /, what);
    }
    const idle: [string, RuleSet | undefined][] = [
      ['none', undefined],
      ['null', null],
      ['empty', { migrationRules: [], domainRules: [] }],
      ['null inside', { migrationRules: null, domainRules: null, encodingRules: null }],
      ['disabled', domain({ ...encrypt, disabled: true })],
      ['read', domain({ ...encrypt, mode: 'READ' })],
      ['migration', { migrationRules: [{ ...encrypt, type: 'JSONATA', mode: 'UPGRADE' }] }],
      ['of migrations', domain({ ...encrypt, mode: 'UPDOWN' }, { ...encrypt, mode: 'DOWNGRADE' })],
      ['a condition without consequences', domain({ ...condition, onFailure: 'NONE' })],
      [
        'the same, for both',
        domain({ ...condition, mode: 'WRITEREAD', onFailure: 'NONE,ERROR', onSuccess: 'NONE,NONE' }),
      ],
      ['a gateway', { ...domain(encrypt), enableAt: 'GATEWAY' }],
      ['nowhere', { ...domain(encrypt), enableAt: 'NONE' }],
    ];
    for (const [what, rules] of idle) {
      const { write } = await start(t, () => rules);
      assert.equal(await write(), plain, what);
    }
  });

  it('are told to who reads, once for each schema', async (t) => {
    const told: string[] = [];
    const { options } = await start(t, ({ path }) =>
      path.endsWith('/8') ? domain({ ...encrypt, mode: 'WRITE' }) : domain(encrypt, condition),
    );
    const closing = new AbortController().signal;
    const readers = schemaReaders(valueRegistries(options, {}), 'users', closing, (message) =>
      told.push(message),
    );
    const read = await readers?.of(7);
    assert.deepEqual(read?.(Buffer.from(plain.slice(10), 'hex')).value, { email: 'a@b.de' });
    await readers?.of(8);
    assert.deepEqual(told, [
      'The schema of id 7 has rules for who reads, which are not carried out here: "encryptPii" (ENCRYPT of PII). ' +
        'Its values are shown as they are stored: what was encrypted stays so.',
    ]);
  });
});
