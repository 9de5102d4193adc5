import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alterTopic, recordCounts } from '../../scripts/kafka/topics.ts';
import { startProgram } from '../bundle/support/program.ts';
import { freshName, freshTopic, sharedBroker } from '../support/broker.ts';
import { eventually } from '../support/eventually.ts';
import { event, runFlow } from '../support/flow.ts';
import { account, openFlow, upTo } from '../support/load.ts';
import { readBack } from '../support/reader.ts';
import { scriptedServer } from '../support/scripted-http.ts';
import { tempFolder } from '../support/temp.ts';
import { fillDeadLetters, refusal } from './support/letters.ts';
import { flowFile, run } from './support/run.ts';

const folder = tempFolder();
const program = new URL('../../src/cli.ts', import.meta.url).pathname;

/** @param others further topics of the flow, each of a mapping rule */
async function flowOf(
  topic: string,
  dead: string,
  more: object = {},
  others: readonly string[] = [],
): Promise<string> {
  const { brokers } = await sharedBroker();
  const actions = others.map((other, n) => [`action${n}`, { settings: { topic: other } }]);
  return flowFile(folder, {
    settings: { kafka: { brokers, topic, ...more }, deadLetter: { topic: dead } },
    mapping: { order: Object.fromEntries(actions) as object },
  });
}

const resend = (path: string, ...words: string[]) => run(['dead-letters', 'resend', path, ...words]);

for (const client of ['platformatic', 'kafkajs'] as const) {
  describe(`dead letters, resent with ${client}`, () => {
    it('are listed with their reasons, and go to their topic as they were, once it takes them', async () => {
      const { brokers } = await sharedBroker();
      const topic = await freshTopic('narrow', { config: { 'max.message.bytes': '2000' } });
      const dead = await freshTopic('dead', { partitions: 2 });
      const flow = await openFlow({
        kafka: { brokers, topic, key: 'user.id', compression: 'none', headers: { team: 'web' }, client },
        deadLetter: { topic: dead },
      });
      const text = 'x'.repeat(3_000);
      for (const n of upTo(3))
        await flow.push(event({ data: { text }, user: { id: 'größe' }, timestamp: 1_700_000_000_000 + n }));
      await flow.stop();
      const path = await flowOf(topic, dead, { client });

      const listed = await run(['dead-letters', 'list', path, '--json']);
      assert.equal(listed.code, 0);
      assert.equal(listed.lines.length, 3);
      const { time, message, value, partition, ...told } = JSON.parse(listed.lines[0] ?? '') as Record<
        string,
        unknown
      >;
      assert.deepEqual(told, {
        topic,
        code: 'MESSAGE_TOO_LARGE',
        attempts: 1,
        resent: false,
        offset: 0,
        timestamp: 1_700_000_000_000,
        key: 'größe',
      });
      assert.match(
        String(message),
        new RegExp(`^Topic "${topic}": the broker answered MESSAGE_TOO_LARGE\\.`),
      );
      assert.match(String(time), /^20\d\d-/);
      assert.ok(String(value).startsWith('{"name":"page view","data":{"text":"xxx'));
      assert.ok(partition === 0 || partition === 1);

      const dry = await resend(path, '--dry-run');
      assert.deepEqual(dry.lines, [`3 to "${topic}"`, '3 dead letters would be re-sent']);
      assert.deepEqual(await recordCounts(brokers, topic), [0]);

      await alterTopic(brokers, topic, { 'max.message.bytes': '1000000' });
      const sent = await resend(path);
      assert.deepEqual(sent.lines, [`3 to "${topic}"`, '3 dead letters re-sent']);
      assert.equal(sent.code, 0);
      const [first, ...others] = await readBack(brokers, topic, { count: 3 });
      assert.ok(first);
      assert.equal(others.length, 2);
      assert.equal(String(first.key), 'größe');
      assert.equal(String(first.value), value);
      assert.equal(first.timestamp, 1_700_000_000_000);
      assert.deepEqual(
        first.headers.map(([name, content]) => [name, String(content)]),
        [
          ['content-type', 'application/json'],
          ['team', 'web'],
        ],
      );

      assert.deepEqual((await resend(path)).lines, ['0 dead letters re-sent']);
      assert.deepEqual((await run(['dead-letters', 'list', path])).lines, [
        `0 dead letters in "${dead}" (3 re-sent, shown with --all)`,
      ]);
      const all = await run(['dead-letters', 'list', path, '--all']);
      assert.match(
        all.lines[0] ?? '',
        /MESSAGE_TOO_LARGE {2}narrow-\w+ {2}key größe {2}\d+ bytes {2}1 attempt {2}re-sent$/,
      );
    });
  });
}

/** The forms that take mapping values, from the event to the commands that read the same flow file. */
it('topic, key, headers and tombstones from the event: doctor tries them, and resend sends what was undeclared', async () => {
  const { brokers } = await sharedBroker();
  const [eu, uk, dead] = [await freshTopic('eu'), await freshTopic('uk'), await freshTopic('dead')];
  const flowWith = <Fn>(topics: readonly string[], fn: Fn) => ({
    settings: {
      kafka: {
        brokers,
        topic: { value: 'data.shop', topics },
        key: ['user.id', { fn }],
        headers: { user: { key: 'user.id' } },
      },
      deadLetter: { topic: dead },
    },
    mapping: { user: { delete: { settings: { tombstone: true, key: 'user.id' } } } },
  });
  const examples = {
    sale: { in: { name: 'order complete', data: { shop: eu }, user: {} } },
    away: { in: { name: 'order complete', data: { shop: 'us' }, user: { id: 'u' } } },
  };
  const failing = () => {
    throw new Error('no such user');
  };
  const { settings, mapping } = flowWith([eu], failing);
  const flow = await runFlow(settings, { mapping });
  const of = (shop: string, id?: string) => event({ data: { shop }, user: id === undefined ? {} : { id } });
  for (const one of [
    of(eu, 'a'),
    of(uk, 'b'),
    of(eu),
    { ...of(uk, 'c'), name: 'user delete', entity: 'user', action: 'delete' },
  ])
    await flow.push(one);
  await flow.stop();

  const path = flowFile(folder, flowWith([eu, uk], '$code:(event) => event.missing'), examples);
  const { lines: checks } = await run(['doctor', path, '--json']);
  const { ok, checks: found } = JSON.parse(checks.join('')) as {
    readonly ok: boolean;
    readonly checks: readonly { readonly status: string; readonly message: string }[];
  };
  assert.equal(ok, true);
  assert.deepEqual(
    found.filter(({ status }) => status !== 'ok').map(({ message }) => message),
    [
      'settings.kafka.key finds no key in example "sale" ("order_complete"): the name of the event is used instead, and all such events go to one partition.',
      `example "away": Event "order complete" was not sent: the mapping value of settings.kafka.topic gives the topic "us", and may give "${eu}", "${uk}". Add the topic to \`topics\` if events belong there.`,
      `3 dead letters in "${dead}" wait to be re-sent.`,
    ],
  );
  const sent = await resend(path);
  assert.deepEqual(sent.lines, [
    `2 to "${uk}"`,
    '2 dead letters re-sent',
    '1 stay: mend the cause, then run this again',
  ]);
  assert.deepEqual(sent.notes, [
    'stays: the letter 0/1 for "(unknown)": the mapping values of its key, headers and topic gave nothing: send its event again',
  ]);
  const stored = await readBack(brokers, [eu, uk], { count: 3 });
  assert.deepEqual(
    stored
      .map(({ key, value, headers }) => [
        String(key),
        value === null,
        headers.map(([name, content]) => `${name}: ${String(content)}`),
      ])
      .sort(),
    [
      ['a', false, ['content-type: application/json', 'user: a']],
      ['b', false, ['content-type: application/json', 'user: b']],
      ['c', true, ['user: c']],
    ],
  );
});

describe('dead letters', () => {
  // Whoever may write into the dead-letter topic named any topic in a letter, and `resend` sent there with the flow's rights.
  it('go only to topics that the flow file writes to; to others only where --topic names them', async () => {
    const { brokers } = await sharedBroker();
    const [topic, ofRule, ofSetup, other, dead] = await Promise.all(
      ['known', 'of-rule', 'of-setup', 'other', 'dead'].map((prefix) => freshTopic(prefix)),
    );
    assert.ok(topic && ofRule && ofSetup && other && dead);
    for (const to of [other, topic, ofRule, ofSetup, dead])
      await fillDeadLetters(brokers, dead, { count: 1, headers: refusal(to) });
    const path = flowFile(folder, {
      settings: { kafka: { brokers, topic }, deadLetter: { topic: dead } },
      mapping: { order: { complete: { settings: { topic: ofRule } } } },
      setup: { numPartitions: 1, replicationFactor: 1, topics: { [ofSetup]: {}, [dead]: {} } },
    });
    const sent = await resend(path);
    assert.equal(sent.code, 1);
    assert.deepEqual(sent.lines, [
      `1 to "${topic}"`,
      `1 to "${ofRule}"`,
      `1 to "${ofSetup}"`,
      '3 dead letters re-sent',
      '2 stay: mend the cause, then run this again',
    ]);
    const why = `${path} writes no events to this topic, so the letter may be forged: add --topic "${other}" to send it there all the same`;
    assert.ok(sent.notes.includes(`stays: the letter 0/0 for "${other}": ${why}`), sent.notes.join('\n'));
    assert.deepEqual(await recordCounts(brokers, other), [0]);
    const named = await resend(path, '--topic', other);
    assert.deepEqual(named.lines, [`1 to "${other}"`, '1 dead letter re-sent']);
    assert.deepEqual(await recordCounts(brokers, other), [1]);
    assert.deepEqual(await recordCounts(brokers, dead), [5]);
  });

  it('a resend that is killed half-way is taken up where it was: all is sent, at most one batch twice', async () => {
    const { brokers } = await sharedBroker();
    const [topic, dead] = [
      await freshTopic('mended', { partitions: 3 }),
      await freshTopic('dead', { partitions: 3 }),
    ];
    const count = 4_000;
    const batch = 25;
    await fillDeadLetters(brokers, dead, { count, headers: refusal(topic) });
    const path = await flowOf(topic, dead);
    const stored = async () => (await recordCounts(brokers, topic)).reduce((sum, one) => sum + one, 0);

    const words = [program, 'dead-letters', 'resend', path, '--batch', String(batch)];
    const { child, ended } = startProgram(process.execPath, words, { cwd: folder });
    await eventually('some are sent', async () => (await stored()) > 200, { timeoutMs: 60_000, everyMs: 5 });
    child.kill('SIGKILL');
    assert.equal((await ended).code, null, 'it ended before it was killed');
    const half = await stored();
    assert.ok(half < count, `${half} were sent before the kill`);

    const rest = await resend(path, '--batch', String(batch), '--json');
    assert.equal(rest.code, 0, rest.notes.join('\n'));
    assert.deepEqual(rest.notes, [
      'another resend is at work, or was killed: it takes up to 15 s to find out which',
    ]);
    const { sent } = JSON.parse(rest.lines[0] ?? '') as { sent: Record<string, number> };
    const { lost, duplicates, disordered } = account(await readBack(brokers, topic, { count }), upTo(count));
    assert.deepEqual(lost, []);
    assert.deepEqual(disordered, []);
    assert.ok(duplicates <= batch, `${duplicates} were sent twice`);
    assert.equal(half + (sent[topic] ?? 0), count + duplicates);
    assert.deepEqual((await resend(path)).lines, ['0 dead letters re-sent']);
  });

  it('a second resend at the same time refuses to start, whatever it would send, and one that is stopped goes on later', async () => {
    const { brokers } = await sharedBroker();
    const [topic, other, dead] = [await freshTopic('one'), await freshTopic('two'), await freshTopic('dead')];
    const count = 3_000;
    await fillDeadLetters(brokers, dead, { count, headers: refusal(topic) });
    await fillDeadLetters(brokers, dead, { count: 1, first: count, headers: refusal(other) });
    const path = await flowOf(topic, dead, {}, [other]);
    const stored = async () => (await recordCounts(brokers, topic)).reduce((sum, one) => sum + one, 0);

    const stop = new AbortController();
    // So small that it is at work for as long as the second takes to find out.
    const words = ['dead-letters', 'resend', path, '--batch', '2'];
    const first = run(words, { stop: stop.signal });
    await eventually('some are sent', async () => (await stored()) > 50, { timeoutMs: 60_000, everyMs: 5 });
    const second = await resend(path, '--topic', other);
    assert.equal(second.code, 1);
    assert.deepEqual(second.notes.slice(1), [
      `walkeros-kafka: Dead-letter topic "${dead}": another resend is at work on it. Wait for it to end, then run this again.`,
    ]);
    stop.abort();
    const stopped = await first;
    assert.equal(stopped.code, 1);
    assert.equal(stopped.lines.at(-1), 'stopped before the end: run this again to go on');
    const half = await stored();
    assert.equal(stopped.lines[1], `${half.toLocaleString('en')} dead letters re-sent`);
    assert.ok(half < count, 'it had ended before it was stopped');

    const rest = await resend(path);
    assert.deepEqual([rest.code, rest.notes], [0, []]);
    const read = await readBack(brokers, [topic, other], { count: count + 1 });
    const { lost, duplicates } = account(read, upTo(count + 1));
    assert.deepEqual({ lost, duplicates }, { lost: [], duplicates: 0 });
  });

  it('a value that was kept as JSON goes by the schema of its topic, once it is there', async (t) => {
    // Raw JSON went into the Avro topic, and its consumers stopped at it.
    const { brokers } = await sharedBroker();
    const [topic, dead] = [await freshTopic('avro'), await freshTopic('dead')];
    let known = false;
    const registry = await scriptedServer(() =>
      known ? { body: { id: 7, version: 1 } } : { status: 404, body: { error_code: 40401 } },
    );
    t.after(() => registry.close());
    const schema = { type: 'record', name: 'View', fields: [{ name: 'timestamp', type: 'long' }] };
    const settings = {
      kafka: { brokers, topic, headers: { team: 'web' } },
      value: { format: 'avro' as const, registry: { url: registry.url }, schema },
      deadLetter: { topic: dead },
    };
    const flow = await openFlow(settings);
    await flow.push(event({ timestamp: 1 }));
    await flow.stop();
    const path = flowFile(folder, { settings });
    const listed = await run(['dead-letters', 'list', path]);
    assert.match(listed.lines[0] ?? '', /SCHEMA_MISSING/);

    const still = await resend(path);
    assert.equal(still.code, 1);
    assert.deepEqual(still.lines, ['0 dead letters re-sent', '1 stay: mend the cause, then run this again']);
    assert.match(
      still.notes.join('\n'),
      /^stays: the letter 0\/0 for "[^"]+": Kafka topic "[^"]+": the Schema Registry does not have this schema/,
    );
    assert.deepEqual(await recordCounts(brokers, topic), [0]);

    known = true;
    assert.deepEqual((await resend(path)).lines, [`1 to "${topic}"`, '1 dead letter re-sent']);
    const [one] = await readBack(brokers, topic, { count: 1 });
    assert.equal(one?.value?.toString('hex'), '000000000702');
    assert.deepEqual(
      one?.headers.map(([name, content]) => [name, String(content)]),
      [['team', 'web']],
    );
  });

  it('with the schema in a header, go again with the bytes of it, encoded before or kept as JSON', async (t) => {
    const { brokers } = await sharedBroker();
    const topic = await freshTopic('headed', { config: { 'max.message.bytes': '1000' } });
    const dead = await freshTopic('dead');
    let known = false;
    const registry = await scriptedServer(() =>
      known
        ? { body: { id: 7, version: 1, guid: '6f9619ff-8b86-d011-b42d-00c04fc964ff' } }
        : { status: 404, body: { error_code: 40401 } },
    );
    t.after(() => registry.close());
    const fields = ['id', 'trigger'].map((name) => ({ name, type: 'string' }));
    const value = {
      ...({ format: 'avro', schemaId: 'header' } as const),
      registry: { url: registry.url },
      schema: { type: 'record', name: 'View', fields },
    };
    const settings = {
      kafka: { brokers, topic, key: 'user.id', compression: 'none' as const },
      value,
      deadLetter: { topic: dead },
    };
    for (const trigger of ['load', 'x'.repeat(2_000)]) {
      const flow = await openFlow(settings);
      await flow.push(event({ id: 'a', trigger }));
      await flow.stop();
      known = true;
    }
    const path = flowFile(folder, { settings });
    const listed = await run(['dead-letters', 'list', path, '--json']);
    assert.deepEqual(
      listed.lines.map((line) => (JSON.parse(line) as { code: string }).code),
      ['SCHEMA_MISSING', 'MESSAGE_TOO_LARGE'],
    );
    await alterTopic(brokers, topic, { 'max.message.bytes': '1000000' });
    assert.deepEqual((await resend(path)).lines, [`2 to "${topic}"`, '2 dead letters re-sent']);
    const read = await readBack(brokers, topic, { count: 2 });
    assert.deepEqual(
      read.map(({ headers, value: bytes }) => [
        headers.map(([name, content]) => [name, content?.toString('hex')]),
        bytes?.subarray(0, 5).toString('hex'),
        bytes?.length,
      ]),
      [
        [[['__value_schema_id', '016f9619ff8b86d011b42d00c04fc964ff']], '0261086c6f', 7],
        [[['__value_schema_id', '016f9619ff8b86d011b42d00c04fc964ff']], '0261a01f78', 2_004],
      ],
    );
  });

  it('a list that ends before the topic says so', async () => {
    // "10 dead letters" was told of whatever there was, and a list that was stopped gave its count for all there are.
    const { brokers } = await sharedBroker();
    const [topic, dead] = [await freshTopic('mended'), await freshTopic('dead')];
    await fillDeadLetters(brokers, dead, { count: 12, headers: refusal(topic) });
    const path = await flowOf(topic, dead);
    const last = async (...words: string[]) => {
      const { code, lines } = await run(['dead-letters', 'list', path, ...words]);
      return { code, lines: lines.length, last: lines.at(-1) };
    };
    assert.deepEqual(await last('--limit', '10'), {
      code: 0,
      lines: 21,
      last: `the first 10 dead letters in "${dead}"; there are more`,
    });
    assert.deepEqual(await last('--limit', '1'), {
      code: 0,
      lines: 3,
      last: `the first dead letter in "${dead}"; there are more`,
    });
    assert.deepEqual(await last('--limit', '12'), {
      code: 0,
      lines: 25,
      last: `12 dead letters in "${dead}"`,
    });
    const stop = new AbortController();
    const stopped = await run(['dead-letters', 'list', path], {
      stop: stop.signal,
      onLine: () => stop.abort(),
    });
    assert.equal(stopped.code, 1);
    assert.equal(stopped.lines.at(-1), `stopped after 1 dead letter in "${dead}"; there may be more`);
  });

  it('what a filter leaves behind is sent by a later run, and nothing else', async () => {
    const { brokers } = await sharedBroker();
    const [one, two, dead] = [await freshTopic('one'), await freshTopic('two'), await freshTopic('dead')];
    for (const [index, topic] of [one, two, one, two].entries())
      await fillDeadLetters(brokers, dead, { count: 10, first: index * 10, headers: refusal(topic) });
    const path = await flowOf(one, dead, {}, [two]);

    assert.deepEqual((await resend(path, '--topic', two, '--limit', '5')).lines, [
      `5 to "${two}"`,
      '5 dead letters re-sent',
      'stopped before the end: run this again to go on',
    ]);
    assert.deepEqual((await resend(path, '--key', 'key-0')).lines, [
      `1 to "${one}"`,
      '1 dead letter re-sent',
    ]);
    assert.deepEqual((await resend(path, '--code', 'POLICY_VIOLATION')).lines, ['0 dead letters re-sent']);
    const listed = await run(['dead-letters', 'list', path, '--topic', two]);
    assert.equal(listed.lines.at(-1), `15 dead letters in "${dead}" (5 re-sent, shown with --all)`);
    assert.deepEqual((await resend(path)).lines, [
      `19 to "${one}"`,
      `15 to "${two}"`,
      '34 dead letters re-sent',
    ]);

    const { lost, duplicates } = account(await readBack(brokers, [one, two], { count: 40 }), upTo(40));
    assert.deepEqual({ lost, duplicates }, { lost: [], duplicates: 0 });
  });

  it('a letter that is refused again stays, the others go, and the exit code says so', async () => {
    const { brokers } = await sharedBroker();
    const [topic, missing] = [await freshTopic('mended'), freshName('missing')];
    const dead = await freshTopic('dead');
    await fillDeadLetters(brokers, dead, { count: 2, headers: refusal(missing) });
    await fillDeadLetters(brokers, dead, { count: 2, first: 2, headers: refusal(topic) });
    const narrow = await freshTopic('narrow', { config: { 'max.message.bytes': '200' } });
    // Of two sizes, which the reasons name.
    await fillDeadLetters(brokers, dead, { count: 5, first: 7, headers: refusal(narrow) });
    const path = await flowOf(topic, dead, { retry: { retries: 1 } }, [missing, narrow]);
    const { code, lines, notes } = await resend(path);
    assert.equal(code, 1);
    assert.deepEqual(lines, [
      `2 to "${topic}"`,
      '2 dead letters re-sent',
      '7 stay: mend the cause, then run this again',
    ]);
    assert.match(
      notes.join('\n'),
      new RegExp(`stays: the letter 0/0 for "${missing}": Topic "${missing}" does not exist\\.`),
    );
    assert.match(notes.join('\n'), new RegExp(`stays: the letter 0/4 for "${narrow}": .*MESSAGE_TOO_LARGE`));
    assert.equal(notes.filter((note) => note.startsWith('stays: ')).length, 2 + 3);
    assert.equal(notes.at(-1), `stay: 2 more for "${narrow}" (RECORD_TOO_LARGE)`);
    assert.deepEqual(await recordCounts(brokers, topic), [2]);
    assert.deepEqual((await resend(path, '--topic', topic)).lines, ['0 dead letters re-sent']);
  });

  // What a letter says comes from headers, which anybody with the right to write may set.
  it('cannot write to the terminal', async () => {
    const { brokers } = await sharedBroker();
    const dead = await freshTopic('dead');
    await fillDeadLetters(brokers, dead, { count: 1, headers: refusal('evil\u001b[2J', 'CODE\u0007') });
    const path = await flowOf('any', dead);
    const listed = await run(['dead-letters', 'list', path]);
    assert.match(listed.lines[0] ?? '', / {2}CODE\\u0007 {2}evil\\u001b\[2J {2}key /);
    assert.equal(listed.lines[1], '    Topic "evil\\u001b[2J": the broker answered CODE\\u0007.');
    const named = await resend(path, '--dry-run', '--topic', 'evil\u001b[2J');
    assert.deepEqual(named.lines[0], '1 to "evil\\u001b[2J"');
  });

  it('without dead letters in the settings says which one is missing', async () => {
    const { brokers } = await sharedBroker();
    const path = flowFile(folder, { settings: { kafka: { brokers, topic: 'any' } } });
    const { code, notes } = await run(['dead-letters', 'list', path]);
    assert.equal(code, 1);
    assert.deepEqual(notes, [
      `walkeros-kafka: Destination "kafka" in ${path} keeps no dead letters: settings.deadLetter.topic is not set.`,
    ]);
  });
});
