import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { AclOperations } from '@platformatic/kafka';
import { registryMissing } from '../../scripts/registry/launch.ts';
import { Registry } from '../../src/schema/registry/registry.ts';
import { freshTopic } from '../support/broker.ts';
import { event, runFlow } from '../support/flow.ts';
import { upTo } from '../support/load.ts';
import { tempFolder } from '../support/temp.ts';
import { broken } from './support/broken.ts';
import { fillDeadLetters, refusal } from './support/letters.ts';
import { run } from './support/run.ts';
import { environment, open, openWard, password, setup, wrong, type Ward } from './support/ward.ts';

const folder = tempFolder();
const withoutRegistry = await registryMissing();

let ward: Ward;
before(async () => {
  ward = await openWard(folder);
});
after(() => ward.close());

interface Checks {
  readonly ok: boolean;
  readonly checks: readonly { name: string; status: string; message: string; fix?: string }[];
  readonly notChecked: readonly { name: string; reason: string }[];
}

async function examine(
  path: string,
  variables: Record<string, string> = environment,
): Promise<Checks & { code: number }> {
  const { code, lines, notes } = await run(['doctor', path, '--json'], { environment: variables });
  assert.deepEqual(notes, []);
  const text = lines.join('\n');
  for (const secret of [password, wrong]) assert.ok(!text.includes(secret), 'a secret shows');
  return { code, ...(JSON.parse(text) as Checks) };
}

describe('doctor', () => {
  for (const { what, path, environment: variables, name: check, message, fix } of broken) {
    it(`names the cause and the fix in its first failing line: ${what}`, async () => {
      const { code, ok, checks } = await examine(path(ward), variables);
      const [first, ...others] = checks.filter(({ status }) => status === 'failure');
      assert.ok(first, JSON.stringify(checks, undefined, 2));
      assert.equal(first.name, check);
      const expected = typeof message === 'function' ? message(ward) : message;
      if (typeof expected === 'string') assert.equal(first.message, expected);
      else assert.match(first.message, expected);
      assert.match(first.fix ?? '', fix);
      assert.deepEqual(others, [], 'one cause, one failure');
      assert.equal(ok, false);
      assert.equal(code, 1);
    });
  }

  it('on a good set-up all is well, within three seconds', async () => {
    const spool = { path: join(folder, 'new', 'kafka.spool'), maxBytes: 40_000_000 };
    const path = ward.flow(
      { kafka: { idempotent: true }, spool },
      ward.registry === undefined ? {} : setup(ward.registry.url),
    );
    const times: number[] = [];
    // The machine may be busy with something else: the best of three counts.
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const begun = performance.now();
      const { code, ok, checks, notChecked } = await examine(path);
      times.push(performance.now() - begun);
      assert.deepEqual(
        checks.filter(({ status }) => status !== 'ok'),
        [],
      );
      assert.ok(ok);
      assert.equal(code, 0);
      const looked = [
        'flow',
        'settings',
        'dns',
        'tcp',
        'tls',
        'sasl',
        'cluster',
        'topics',
        'spool',
        'answers',
        'timeouts',
      ];
      const served = ward.registry === undefined ? [] : ['registry'];
      assert.deepEqual([...new Set(checks.map((check) => check.name))].sort(), [...looked, ...served].sort());
      assert.deepEqual(
        notChecked.map((check) => check.name),
        ward.registry === undefined ? ['registry', 'clock'] : ['clock'],
      );
      assert.equal(existsSync(join(folder, 'new')), false, 'it changes nothing');
    }
    assert.ok(Math.min(...times) < 3_000, `took ${times.join(', ')} ms`);
  });

  it('prints a line for each check, the fix below, and what was not checked and why', async () => {
    const path = ward.flow({ kafka: { brokers: [ward.nobody] } });
    const { code, lines } = await run(['doctor', path], { environment });
    assert.equal(code, 1);
    assert.deepEqual(lines, [
      `ok       flow      ${path}: destination "kafka" of flow "default"`,
      `ok       settings  ${ward.nobody}, topic "events"`,
      'ok       dns       127.0.0.1: known',
      `failure  tcp       Nothing listens at ${ward.nobody} (ECONNREFUSED).`,
      '                   → Correct the port in settings.kafka.brokers, or start the broker.',
      'ok       answers   an ok means that Kafka, the spool or the dead-letter topic has the event',
      "ok       timeouts  deliveryTimeout 30000 ms ends before the collector's 37500 ms",
      '',
      '5 ok, 0 warnings, 1 failure',
      'not checked: tls (needs tcp)',
      'not checked: sasl (needs tls)',
      'not checked: cluster (needs sasl)',
      'not checked: topics, letters, keys (needs cluster)',
      'not checked: registry (the settings name none)',
      'not checked: spool (the settings have none)',
      'not checked: clock (no server tells its time: brokers do not, and the settings name no registry)',
    ]);
  });

  it('warns of an environment variable that is not set, and of one broker that is away while another answers', async () => {
    const away = ward.nobody;
    const { code, checks } = await examine(
      ward.flow({ kafka: { ...open, brokers: [away, ward.plain], clientId: '$env.KAFKA_CLIENT' } }),
      {},
    );
    assert.equal(code, 0);
    assert.deepEqual(
      checks.filter(({ status }) => status === 'warning').map(({ message }) => message),
      [
        'config.settings.kafka.clientId takes the environment variable KAFKA_CLIENT, which is not set here.',
        `Nothing listens at ${away} (ECONNREFUSED).`,
      ],
    );
  });

  it('looks at the registry that values are written with, and at one that a rule names, each by its setting', async () => {
    const value = { format: 'avro', registry: { url: `http://${ward.nobody}` } };
    const ofRule = { format: 'avro', registry: { url: `http://${ward.nobody}/ccompat` } };
    const mapping = {
      order: { complete: { settings: { value: ofRule } }, view: { settings: { topic: 'events' } } },
    };
    const path = ward.flow({ value }, { mapping, ...setup(`http://${ward.nobody}`) });
    const { code, checks, notChecked } = await examine(path);
    assert.equal(code, 1);
    assert.deepEqual(
      checks.filter((check) => check.name === 'registry').map(({ status, fix }) => `${status}: ${fix}`),
      [
        'failure: Start the registry, or correct setup.schemaRegistry.url.',
        'failure: Start the registry, or correct mapping.order.complete.settings.value.registry.url.',
      ],
    );
    assert.ok(!notChecked.some((check) => check.name === 'registry'));
  });

  it(
    'a schema that the first event would register, and the registry would refuse',
    { skip: withoutRegistry ?? false },
    async () => {
      const url = ward.registry?.url ?? '';
      const avro = (type: string) => ({
        type: 'record',
        name: 'OrderTotal',
        fields: [{ name: 'data', type: { type: 'record', name: 'Data', fields: [{ name: 'total', type }] } }],
      });
      const registry = new Registry({
        urls: [url],
        auth: undefined,
        tls: undefined,
        timeout: 5_000,
        setting: 'x',
      });
      await registry.register('OrderTotal', { schemaType: 'AVRO', schema: JSON.stringify(avro('string')) });
      await registry.setCompatibility('OrderTotal', 'BACKWARD');
      const value = { format: 'avro', registry: { url }, autoRegister: true, subjectNameStrategy: 'record' };
      const diagnosis = async (type: string) => {
        const { checks } = await examine(ward.flow({ value: { ...value, schema: avro(type) } }));
        return checks.filter((check) => check.name === 'registry');
      };
      const [refused, ...others] = await diagnosis('int');
      assert.deepEqual(others, []);
      assert.equal(refused?.status, 'failure');
      assert.match(
        refused.message,
        /^The schema is not compatible with what is registered under subject "OrderTotal": \S/,
      );
      assert.match(refused.fix ?? '', /^Make settings\.value\.schema compatible with what is registered, /);
      assert.deepEqual(await diagnosis('string'), [
        { name: 'registry', status: 'ok', message: `${url}: answers` },
      ]);
    },
  );

  it(
    'a registry that wants another password, and whose clock tells when ours is off',
    { skip: withoutRegistry ?? false },
    async () => {
      let behind = 0;
      const guard = createServer((asked, answer) => {
        answer.setHeader('date', new Date(Date.now() - behind).toUTCString());
        if (asked.headers.authorization !== `Basic ${btoa('walker:right')}`) {
          asked.resume();
          answer.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end();
          return;
        }
        const target = new URL(ward.registry?.url ?? '').origin + (asked.url ?? '');
        asked.pipe(
          request(target, { method: asked.method, headers: asked.headers }, (reply) => {
            answer.writeHead(reply.statusCode ?? 500, reply.headers);
            reply.pipe(answer);
          }),
        );
      }).listen(0, '127.0.0.1');
      await once(guard, 'listening');
      const url = `http://127.0.0.1:${(guard.address() as AddressInfo).port}/apis/ccompat/v7`;
      try {
        const refused = await examine(ward.flow({}, setup(url, { username: 'walker', password: wrong })));
        const [first] = refused.checks.filter(({ status }) => status === 'failure');
        assert.equal(first?.name, 'registry');
        assert.match(first?.message ?? '', /HTTP 401\. Check setup\.schemaRegistry\.auth/);
        assert.equal(first?.fix, 'Correct the login in setup.schemaRegistry.auth.');
        const path = ward.flow({}, setup(url, { username: 'walker', password: 'right' }));
        const clockOf = ({ checks }: Checks) => checks.find((check) => check.name === 'clock');
        const agreed = await examine(path);
        assert.equal(agreed.code, 0);
        assert.deepEqual(clockOf(agreed), {
          name: 'clock',
          status: 'ok',
          message: "agrees with the registry's within 5 s",
        });
        behind = 3_600_000;
        const apart = await examine(path);
        assert.equal(apart.code, 0);
        assert.match(
          clockOf(apart)?.message ?? '',
          /^The clock of this machine is (3599|360\d) s ahead of the registry's: timestamps/,
        );
        assert.match(clockOf(apart)?.fix ?? '', /timedatectl status/);
      } finally {
        guard.closeAllConnections();
        guard.close();
      }
    },
  );

  /** Thousands of refused records waited, and all was well. */
  it('says how many dead letters wait to be re-sent, or that it may not know', async () => {
    const direct = [ward.plain];
    const dead = await freshTopic('dead', { brokers: direct, partitions: 2 });
    const path = ward.flow({ kafka: { ...open, brokers: direct }, deadLetter: { topic: dead } });
    const told = async (file = path) => {
      const { ok, checks } = await examine(file);
      assert.ok(ok);
      return checks
        .filter(({ name }) => name === 'letters')
        .map(({ status, message, fix }) => ({ status, message, ...(fix && { fix }) }));
    };
    assert.deepEqual(await told(), [{ status: 'ok', message: `"${dead}": no dead letter waits` }]);
    await fillDeadLetters(direct, dead, { count: 5, headers: refusal('events') });
    await run(['dead-letters', 'resend', path, '--key', 'key-0']);
    assert.deepEqual(await told(), [
      {
        status: 'warning',
        message: `4 dead letters in "${dead}" wait to be re-sent.`,
        fix:
          `See why: "walkeros-kafka dead-letters list ${path} --destination kafka". ` +
          `Once that is mended: "walkeros-kafka dead-letters resend ${path} --destination kafka".`,
      },
    ]);
    // The flow's own user may write, and no more.
    await ward.grant(dead, AclOperations.WRITE, AclOperations.DESCRIBE);
    assert.deepEqual(await told(ward.flow({ deadLetter: { topic: dead } })), [
      { status: 'ok', message: `"${dead}": 5 dead letters; how many were re-sent is not told to this user` },
    ]);
    assert.equal((await run(['dead-letters', 'resend', path])).code, 0);
    assert.deepEqual(await told(), [{ status: 'ok', message: `"${dead}": no dead letter waits` }]);
  });

  /** A path that no event has any more: all events of a name were in one partition, and only the log of the flow said so. */
  it('says how many of the last records have no key of their own, or that it may not read them', async () => {
    const direct = [ward.plain];
    const topic = await freshTopic('keyed', { brokers: direct, partitions: 2 });
    const kafka = { ...open, brokers: direct, topic, key: 'user.session' };
    const told = async (path = ward.flow({ kafka })) => {
      const { ok, checks, notChecked } = await examine(path);
      assert.ok(ok);
      const found = checks
        .filter(({ name }) => name === 'keys')
        .map(({ status, message }) => `${status}: ${message}`);
      return [...found, ...notChecked.filter(({ name }) => name === 'keys').map(({ reason }) => reason)];
    };
    assert.deepEqual(await told(), [`ok: "${topic}": no record to look at`]);
    const flow = await runFlow({ kafka: { brokers: direct, topic, key: 'user.session' } });
    await Promise.all(upTo(1_100).map((n) => flow.push(event({ user: { session: `s${n}` } }))));
    assert.match(
      (await told())[0] ?? '',
      /^ok: "keyed-\w+": none of the last 1000 records has the name of its event as key$/,
    );
    await Promise.all(upTo(3).map(() => flow.push(event({ user: { id: 'u' } }))));
    await flow.stop();
    const cloud = await runFlow({
      kafka: { brokers: direct, topic, key: 'user.session' },
      value: { format: 'cloudevents', mode: 'structured' },
    });
    await cloud.push(event({ name: 'order complete', user: {} }));
    await cloud.stop();
    assert.deepEqual(await told(), [
      `warning: "${topic}": 4 of the last 1000 records have the names of their events as key, since settings.kafka.key, or that of ` +
        'a rule, found none in the event: all events of a name are in one partition.',
    ]);
    await ward.grant(topic, AclOperations.WRITE, AclOperations.DESCRIBE);
    assert.deepEqual(await told(ward.flow({ kafka: { topic, key: 'user.session' } })), [
      `this user may not read "${topic}"; --login names one who may`,
    ]);
    assert.deepEqual(await told(ward.flow({ kafka: { ...kafka, key: undefined } })), []);
  });
});
