import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freshTopic } from '../support/broker.ts';
import { account, openFlow, startLoad, upTo } from '../support/load.ts';
import { readBack } from '../support/reader.ts';
import { tempFolder } from '../support/temp.ts';
import {
  createWorld,
  settingsOf,
  trusting,
  type ClientName,
  type Way,
  type World,
} from '../integration/secure/world.ts';

/**
 * What `npm test` shows in seconds, as long as it takes to be believed: 1,000 events a second for a minute, with tokens
 * of 10 s that make every connection log in again, beside the same without, and with a token endpoint that is down for
 * 15 s in the middle. Run by `npm run test:tokens`; times mean something on a machine that has nothing else to do.
 */
const minute = 60_000;
const outage = { begins: 20_000, lasts: 15_000 };
/** Until the process has seen its own code often enough. Pushes of this time are not counted. Milliseconds. */
const warmUp = 5_000;

let world: World;
const folder = tempFolder();
before(async () => {
  world = await createWorld(folder);
});
after(() => world.close());

interface Minute {
  readonly rejected: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly tokens: number;
  readonly connections: number;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
}

async function spend(client: ClientName, way: Way, trouble: () => Promise<void>): Promise<Minute> {
  const { kafka, issuer, proxy } = world;
  const { direct } = kafka.cluster;
  const [tokens, connections] = [issuer.tokens.length, proxy.connections];
  const topic = await freshTopic('minute', { brokers: direct, partitions: 3 });
  const settings = { ...settingsOf(world, way), topic, client, deliveryTimeout: 25_000 };
  const flow = await openFlow({ kafka: settings }, { timeout: 30_000 });
  const begun = performance.now();
  const times: number[] = [];
  const timed: typeof flow = {
    ...flow,
    async push(event) {
      const start = performance.now();
      const result = await flow.push(event);
      if (start - begun > warmUp) times.push(performance.now() - start);
      return result;
    },
  };
  const load = await startLoad(timed, { perTick: 10, keys: 100 });
  await Promise.all([sleep(minute), trouble()]);
  const failures = await load.stop();
  const stored = await readBack(direct, topic, { count: load.begun - failures.size, timeoutMs: 60_000 });
  await flow.stop();
  const { lost, duplicates } = account(
    stored,
    upTo(load.begun).filter((n) => !failures.has(n)),
  );
  times.sort((a, b) => a - b);
  const at = (part: number): number => Math.round((times[Math.floor(times.length * part)] ?? NaN) * 10) / 10;
  return {
    rejected: failures.size,
    lost: lost.length,
    duplicates,
    tokens: issuer.tokens.length - tokens,
    connections: proxy.connections - connections,
    p50: at(0.5),
    p99: at(0.99),
    longest: at(1 - Number.EPSILON),
  };
}

const lasting: Way = {
  what: 'a token that outlives the run',
  at: 'LOGIN',
  ssl: trusting,
  sasl: ({ token }) => ({ mechanism: 'oauthbearer', token }),
};
const renewed: Way = {
  what: 'tokens of 10 s',
  at: 'OAUTH',
  ssl: trusting,
  sasl: ({ issuer: { tokenEndpoint, clientId, clientSecret } }) => ({
    mechanism: 'oauthbearer',
    oauth: { tokenEndpoint, clientId, clientSecret },
  }),
};
const peace = (): Promise<void> => Promise.resolve();

for (const client of ['platformatic', 'kafkajs'] as const) {
  describe(`a minute of 1,000 events a second, ${client}`, () => {
    let without: Minute;

    it('with a token that outlives it', async () => {
      without = await spend(client, lasting, peace);
      console.log(client, 'one token', without);
      const { rejected, lost } = without;
      assert.deepEqual({ rejected, lost }, { rejected: 0, lost: 0 });
    });

    it('with tokens of 10 s: nothing lost, nothing rejected, p99 at most twice as long', async () => {
      world.issuer.life = 10;
      const spent = await spend(client, renewed, peace);
      console.log(client, 'tokens of 10 s', spent);
      const { rejected, lost, connections } = spent;
      assert.deepEqual({ rejected, lost, connections }, { rejected: 0, lost: 0, connections: 2 });
      assert.ok(spent.tokens >= 7, `${spent.tokens} tokens`);
      assert.ok(spent.p99 <= 2 * without.p99, `p99 ${spent.p99} ms, without ${without.p99} ms`);
    });

    it('with tokens of 10 s, and the token endpoint down for 15 s: nothing lost', async () => {
      const spent = await spend(client, renewed, async () => {
        await sleep(outage.begins);
        world.issuer.up = false;
        await sleep(outage.lasts);
        world.issuer.up = true;
      });
      console.log(client, 'endpoint down for 15 s', spent);
      const { rejected, lost } = spent;
      assert.deepEqual({ rejected, lost }, { rejected: 0, lost: 0 });
    });
  });
}
