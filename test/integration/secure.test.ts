import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { KafkaError } from '../../src/model/errors.ts';
import { freshTopic } from '../support/broker.ts';
import { event, runFlow } from '../support/flow.ts';
import { failureOf } from '../support/load.ts';
import { captureOutput } from '../support/output.ts';
import { readBack } from '../support/reader.ts';
import { tempFolder } from '../support/temp.ts';
import { turns } from '../support/turns.ts';
import { doors } from './secure/doors.ts';
import { refusals } from './secure/refusals.ts';
import { lackRight, lacks } from './secure/rights.ts';
import { liveThroughTokens, outliveRotation } from './secure/sessions.ts';
import { besiege } from './secure/siege.ts';
import { createWorld, secretsOf, settingsOf, trusting, type Way, type World } from './secure/world.ts';

const clients = ['platformatic', 'kafkajs'] as const;
/** Nearly all of what these tests do is wait. */
const together = { concurrency: 100 };

let world: World;
const output = captureOutput();
const folder = tempFolder();

before(async () => {
  world = await createWorld(folder);
});
after(() => world.close());

describe('locked clusters: every way in', () => {
  it('stores through every door, with both clients', async () => {
    const { direct } = world.kafka.cluster;
    const topic = await freshTopic('secure', { brokers: direct });
    const rows = clients.flatMap((client) => doors(folder).map((way) => ({ client, way })));
    const turn = turns(4);
    const enter = async ({ client, way }: (typeof rows)[number], index: number): Promise<void> => {
      const flow = await runFlow({ kafka: { ...settingsOf(world, way), topic, client } });
      const result = await flow.push(event({ timestamp: 1_700_000_000_000 + index }));
      await flow.stop();
      const { what, warning } = way;
      assert.ok(result.ok, `${client}, ${what}: ${flow.log.join('\n')}`);
      const warned = flow.log.filter((line) => line.startsWith('WARN'));
      assert.deepEqual(warned, warning === undefined ? [] : [warning], what);
      assertKept(flow.log.join('\n'));
    };
    await Promise.all(rows.map((row, index) => turn(() => enter(row, index))));
    const records = await readBack(direct, topic, { count: rows.length });
    const times = records.map(({ timestamp }) => timestamp - 1_700_000_000_000);
    assert.deepEqual(
      times.sort((a, b) => a - b).map((index) => rows[index]?.way.what),
      rows.map(({ way }) => way.what),
    );
  });
});

describe('locked clusters: refused at once, with the reason, without a storm of tries', together, () => {
  for (const client of clients) {
    for (const row of refusals.filter(({ only = client }) => only === client)) {
      it(`${client}: ${row.what}`, async () => {
        const { error, message, took, seen } = await besiege(world, row, client);
        if (typeof row.message === 'string') assert.equal(message, row.message);
        else assert.match(message, row.message);
        assert.equal(error.code, row.code);
        assert.ok(took < 5_000, `took ${took} ms`);
        assertKept(seen);
      });
    }

    // kafkajs opened a second socket on a connection that was ending, lost it in its greeting, and so the message came
    // to be that the port speaks no TLS.
    it(`${client}: no login where the listener asks for one: tries on, and says what the broker may want`, async () => {
      const way: Way = { what: '', at: 'LOGIN', ssl: trusting };
      const flow = await runFlow({
        kafka: { ...settingsOf(world, way), topic: 'never-made', client, deliveryTimeout: 3_000 },
      });
      const result = await flow.push(event());
      await flow.stop();
      const error = result.failed?.kafka?.error;
      assert.ok(error instanceof KafkaError, flow.log.join('\n'));
      assert.equal(error.code, 'DEADLINE_EXCEEDED');
      assert.match(
        error.message,
        /It hangs up on us: the port may want TLS \(settings\.kafka\.ssl\) or credentials \(settings\.kafka\.sasl\)\.$/,
      );
      assert.doesNotMatch(flow.log.join('\n'), /does not speak TLS/);
    });

    it(`${client}: a function that cannot fetch a token says so, and the event waits for it`, async () => {
      const topic = await freshTopic('secure', { brokers: world.kafka.cluster.direct });
      let asked = 0;
      const oauthBearerProvider = () => {
        asked += 1;
        if (asked < 3) return Promise.reject(new Error('issuer is down'));
        return Promise.resolve({ value: world.token });
      };
      const sasl = () => ({ mechanism: 'oauthbearer', oauthBearerProvider }) as const;
      const way: Way = { what: '', at: 'LOGIN', ssl: trusting, sasl };
      const flow = await runFlow({ kafka: { ...settingsOf(world, way), topic, client } });
      const result = await flow.push(event());
      await flow.stop();
      assert.equal(failureOf(result), undefined, flow.log.join('\n'));
      assert.ok(
        flow.log.includes(
          'WARN The function settings.kafka.sasl.oauthBearerProvider failed: issuer is down ' +
            'Pushes wait for it until their deadline.',
        ),
        flow.log.join('\n'),
      );
    });
  }
});

describe('locked clusters: sessions that end', together, () => {
  for (const client of clients) {
    it(`${client}: a password replaced on the broker, then in the credentials`, () =>
      outliveRotation(world, client));
  }

  it('tokens that live for seconds, and a token endpoint that is down', () =>
    liveThroughTokens(world, clients));
});

describe('locked clusters: a right that is missing is named', () => {
  for (const client of clients) {
    for (const lack of lacks) {
      it(`${client}: ${lack.what}`, () => lackRight(world, lack, client));
    }
  }
});

it('nothing secret was printed', () => {
  assertKept(output.text());
});

function assertKept(text: string): void {
  for (const secret of secretsOf(world)) {
    const at = text.indexOf(secret);
    assert.equal(at, -1, `a secret shows in: ${text.slice(Math.max(0, at - 200), at)}`);
  }
}
