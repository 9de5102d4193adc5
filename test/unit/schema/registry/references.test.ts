import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { resolveReferences } from '../../../../src/schema/registry/references.ts';
import { Registry } from '../../../../src/schema/registry/registry.ts';
import { KafkaError } from '../../../../src/model/errors.ts';
import { scriptedServer, type ScriptedServer } from '../../../support/scripted-http.ts';

const open: ScriptedServer[] = [];
afterEach(() => Promise.all(open.splice(0).map((server) => server.close())));

/** @param builds what version 1 of a subject builds on, by its name */
async function start(builds: (subject: string) => readonly string[]) {
  const server = await scriptedServer(({ path }) => {
    const subject = /^\/subjects\/([^/]+)\/versions\/(1|latest)$/.exec(path)?.[1] ?? 'root';
    const references = builds(subject).map((name) => ({ name, subject: name, version: 1 }));
    return { body: { id: 1, version: 1, schema: subject, references } };
  });
  open.push(server);
  return {
    registry: new Registry({
      urls: [server.url],
      auth: undefined,
      tls: undefined,
      timeout: 5_000,
      retries: 0,
      setting: 'x',
    }),
    asked: server.asked,
  };
}

async function refusal(asking: Promise<unknown>): Promise<string> {
  const late = new Promise<string>((resolve) => setTimeout(resolve, 30_000, 'no answer').unref());
  const failing = asking.then(
    () => 'no refusal',
    (error: unknown) => {
      assert.ok(error instanceof KafkaError);
      return `${error.code} ${error.message}`;
    },
  );
  return Promise.race([failing, late]);
}

// A registry that held a → b → a was asked for both, and each then waited for the other's answer for ever: no event of the
// topic was ever told.
describe('the references of a schema', () => {
  const circles = { a: ['b'], b: ['a'], own: ['own'], root: ['x', 'b'], x: [] };
  const builds = (subject: string): readonly string[] => circles[subject as keyof typeof circles];

  it('may not be a circle, which is named', async () => {
    const { registry } = await start(builds);
    assert.equal(
      await refusal(registry.latest('a')),
      'SCHEMA_INVALID The schema of subject "a" refers to itself, in a circle: "a" version 1 → "b" version 1 → "a" version 1. ' +
        'Register a version without it.',
    );
    assert.equal(
      await refusal(registry.latest('own')),
      'SCHEMA_INVALID The schema of subject "own" refers to itself, in a circle: "own" version 1 → "own" version 1. ' +
        'Register a version without it.',
    );
    assert.equal(
      await refusal(registry.byId(7)),
      'SCHEMA_INVALID The schema of id 7 refers to itself, in a circle: "b" version 1 → "a" version 1 → "b" version 1. ' +
        'Register a version without it.',
    );
    const both = await Promise.all([refusal(registry.latest('a')), refusal(registry.latest('b'))]);
    assert.deepEqual(
      both.map((one) => one.slice(0, 40)),
      ['SCHEMA_INVALID The schema of subject "a"', 'SCHEMA_INVALID The schema of subject "b"'],
    );
  });

  it('are asked for once each, though many lead to the same', async () => {
    // Of forty levels, each twice on the next: 2^40 ways.
    const { registry, asked } = await start((subject) => {
      const level = subject === 'top' ? 0 : Number(subject.slice(1)) + 1;
      return level < 40 ? [`a${level}`, `b${level}`] : [];
    });
    const schema = await registry.latest('top');
    assert.equal(schema?.references.length, 80);
    assert.equal(asked.length, 81);
  });

  it('may be many, and not without end', async () => {
    const resolve = (builds: (subject: string) => readonly string[], schema = '{}') => {
      const listed = (subject: string) =>
        builds(subject).map((name) => ({ name, subject: name, version: 1 }));
      const lookUp = ({ subject }: { subject: string }) =>
        Promise.resolve({ schema, references: listed(subject) });
      return resolveReferences({ subject: 'root', version: 1 }, listed('root'), lookUp);
    };
    const wide = (count: number) => (subject: string) =>
      subject === 'root' ? Array.from({ length: count }, (_, at) => `n${at}`) : [];
    assert.equal((await resolve(wide(1_000))).length, 1_000);
    const tooMany = /^SCHEMA_INVALID The schema of subject "root" builds on more than 1000 others/;
    assert.match(await refusal(resolve(wide(1_001))), tooMany);
    assert.match(await refusal(resolve((subject) => [`n${Number(subject.slice(1)) + 1 || 0}`])), tooMany);
    const large = ' '.repeat(6 * 1024 * 1024);
    assert.match(await refusal(resolve(wide(3), large)), /^SCHEMA_INVALID .* more than 16777216 characters/);
  });
});
