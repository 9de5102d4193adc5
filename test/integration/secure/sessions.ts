import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { runTool } from '../../../scripts/kafka/tools.ts';
import { freshTopic } from '../../support/broker.ts';
import { eventually } from '../../support/eventually.ts';
import { account, openFlow, startLoad, upTo } from '../../support/load.ts';
import { readBack } from '../../support/reader.ts';
import {
  nextPassword,
  password,
  rotating,
  settingsOf,
  trusting,
  type ClientName,
  type Kafka,
  type Way,
  type World,
} from './world.ts';

/** Long enough to sit out a token endpoint that is down, and the pauses after it. Milliseconds. */
const timeouts = { deliveryTimeout: 20_000, timeout: 25_000 };

interface Run {
  readonly log: readonly string[];
  /** Records stored so far, as their pushes say. */
  accepted(): number;
  /** All that must be so of the records, once the load has ended. */
  finish(): Promise<void>;
}

async function underLoad(world: World, client: ClientName, settings: Kafka): Promise<Run> {
  const { direct } = world.kafka.cluster;
  const topic = await freshTopic('sessions', { brokers: direct, partitions: 2 });
  const { deliveryTimeout, timeout } = timeouts;
  const flow = await openFlow({ kafka: { ...settings, topic, client, deliveryTimeout } }, { timeout });
  const load = await startLoad(flow, { perTick: 2, keys: 20 });
  return {
    log: flow.log,
    accepted: () => load.accepted,
    async finish() {
      const failures = await load.stop();
      assert.deepEqual([...failures], [], flow.log.join('\n'));
      const stored = await readBack(direct, topic, { count: load.begun });
      const { lost, disordered } = account(stored, upTo(load.begun));
      assert.deepEqual({ lost, disordered }, { lost: [], disordered: [] });
      await flow.stop();
    },
  };
}

/**
 * Tokens of 6 s, so that every session ends after 6 s at the latest: the same connections log in again, and nothing is
 * lost or rejected. Then the token endpoint is down until all tokens and sessions are dead.
 */
export async function liveThroughTokens(world: World, clients: readonly ClientName[]): Promise<void> {
  const { issuer, proxy } = world;
  issuer.life = 6;
  const { tokenEndpoint, clientId, clientSecret } = issuer;
  const way: Way = {
    what: '',
    at: 'OAUTH',
    ssl: trusting,
    sasl: () => ({ mechanism: 'oauthbearer', oauth: { tokenEndpoint, clientId, clientSecret } }),
  };
  const issuedBefore = issuer.tokens.length;
  const connectedBefore = proxy.connections;
  const runs = await Promise.all(clients.map((client) => underLoad(world, client, settingsOf(world, way))));

  const issued = (): number => issuer.tokens.length - issuedBefore;
  await eventually('each client has got its second token', () => issued() >= 2 * clients.length, {
    timeoutMs: 20_000,
  });
  // One for questions and one for records, as at the beginning.
  assert.equal(proxy.connections - connectedBefore, 2 * clients.length);

  issuer.up = false;
  const saidSo = (run: Run): boolean => run.log.some((line) => /token endpoint .* did not answer/.test(line));
  await eventually('all tokens are dead', () => runs.every(saidSo), { timeoutMs: 20_000 });
  issuer.up = true;
  const issuedThen = issued();
  await eventually('each client has got a new one', () => issued() >= issuedThen + clients.length, {
    timeoutMs: 20_000,
  });
  await sleep(500);
  await Promise.all(runs.map((run) => run.finish()));
  issuer.life = 600;
}

/** The broker's password changes first, the destination hears of it later: what comes meanwhile waits. */
export async function outliveRotation(world: World, client: ClientName): Promise<void> {
  const username = rotating(client);
  let current = password;
  const credentials = () => Promise.resolve({ username, password: current });
  const way: Way = { what: '', at: 'BARE', sasl: () => ({ mechanism: 'scram-sha-512', credentials }) };
  const run = await underLoad(world, client, settingsOf(world, way));

  const user = ['--entity-type', 'users', '--entity-name', username];
  const change = ['--alter', '--add-config', `SCRAM-SHA-512=[password=${nextPassword}]`];
  await runTool('ConfigCommand', [
    '--bootstrap-server',
    world.kafka.cluster.direct.join(),
    ...user,
    ...change,
  ]);
  await eventually(
    'the old password is refused',
    () => run.log.some((line) => line.includes('which it did before')),
    {
      timeoutMs: 20_000,
    },
  );
  const before = run.accepted();
  current = nextPassword;
  await eventually('records are stored again', () => run.accepted() > before, { timeoutMs: 20_000 });
  await run.finish();
}
