import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ClientOptions } from '../../../src/transport/port.ts';
import type { Connection } from '../../../src/transport/connection.ts';
import { Connections } from '../../../src/transport/connections.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import { Secret } from '../../../src/model/secret.ts';
import { clientOptions } from '../../support/client-options.ts';
import { openConnection } from './open-connection.ts';

const token = { token: new Secret('t'), extensions: {}, expiresAt: undefined };
const options: ClientOptions = {
  ...clientOptions,
  sasl: { mechanism: 'oauthbearer', bearer: () => Promise.resolve(token), renewable: true },
};
const [one, other] = [
  { host: 'b1', port: 9093 },
  { host: 'b2', port: 9093 },
];
const refused = Object.assign(new Error('SASL authentication failed'), { apiCode: 58 });
const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

const metadata: Connection['metadata'] = () =>
  Promise.resolve({ brokers: [], clusterId: 'c', code: 0, partitions: [], controller: 1 });

/** A cluster whose brokers let in as the test says, and a clock that it moves. */
function world(answer: () => Error | undefined) {
  const state = { now: 0, knocks: 0 };
  const connection = openConnection({
    ready() {
      state.knocks += 1;
      const failure = answer();
      return failure === undefined ? Promise.resolve() : Promise.reject(failure);
    },
    metadata,
  });
  const transport = new Connections(
    () => connection,
    options,
    () => state.now,
  );
  return { state, transport, connection };
}

describe('connections to a broker that refuses logins', () => {
  it('knocks fewer than 20 times in a minute where it is refused, however often it is told to', async () => {
    const { state, transport } = world(() => refused);
    for (; state.now < 60_000; state.now += 50) {
      for (const purpose of ['ask', 'produce'] as const) {
        await assert.rejects(transport.open(one, purpose), (thrown) => thrown === refused);
      }
    }
    assert.equal(state.knocks, 15);
  });

  it('counts each broker by itself', async () => {
    const { state, transport } = world(() => refused);
    await assert.rejects(transport.open(one, 'ask'));
    await assert.rejects(transport.open(other, 'ask'));
    assert.equal(state.knocks, 2);
  });

  it('knocks whenever it is told to where a token is not to be had', async () => {
    const { state, transport } = world(() => new KafkaError('CREDENTIALS_UNAVAILABLE', 'no token'));
    for (let n = 0; n < 5; n++) await assert.rejects(transport.open(one, 'ask'));
    assert.equal(state.knocks, 5);
  });

  // With all brokers away, each try to send was followed by a question to the same broker: another connection, half a millisecond of CPU.
  it('knocks once for a record and for the question that follows, where a broker is merely away', async () => {
    const { state, transport } = world(() => away);
    for (let second = 1; second <= 5; second++) {
      await assert.rejects(transport.open(one, 'produce'), (thrown) => thrown === away);
      state.now += 49;
      await assert.rejects(transport.open(one, 'ask'), (thrown) => thrown === away);
      assert.equal(state.knocks, second);
      state.now += 1;
    }
  });

  it('lets in at once after the pause, and refuses anew later', async () => {
    let failure: Error | undefined = refused;
    const { state, transport, connection } = world(() => failure);
    await assert.rejects(transport.open(one, 'ask'));
    failure = undefined;
    state.now += 3_999;
    await assert.rejects(transport.open(one, 'ask'));
    state.now += 1;
    assert.equal(await transport.open(one, 'ask'), connection);
    assert.equal(await transport.open(one, 'produce'), connection);
    failure = refused;
    await assert.rejects(transport.open(one, 'produce'));
    await assert.rejects(transport.open(one, 'produce'));
    assert.equal(state.knocks, 4);
  });

  // A TLS listener that is being restarted hangs up on greetings as a plain one does.
  it('is not offended by a broker that was reached before and hangs up', async () => {
    let failure: Error | undefined = undefined;
    const { state, transport } = world(() => failure);
    await transport.open(one, 'ask');
    failure = Object.assign(
      new Error('Client network socket disconnected before secure TLS connection was established'),
      { code: 'ECONNRESET' },
    );
    for (let n = 0; n < 3; n++, state.now += 50) await assert.rejects(transport.open(one, 'ask'));
    assert.equal(state.knocks, 4);
  });
});

describe('connections', () => {
  /** A world whose connections open and end when the test says so. */
  function scripted() {
    const made: { open: PromiseWithResolvers<void>; isOpen: boolean; asked: number }[] = [];
    const connections = new Connections(() => {
      const state = { open: Promise.withResolvers<void>(), isOpen: true, asked: 0 };
      made.push(state);
      return {
        ...openConnection({}),
        get isOpen() {
          return state.isOpen;
        },
        ready: () => state.open.promise,
        metadata: () => {
          state.asked += 1;
          return metadata();
        },
        destroy: () => Promise.resolve(void (state.isOpen = false)),
      };
    }, clientOptions);
    return { connections, made };
  }

  it('are opened once for all who ask at the same time, apart for each purpose, and asked once for their cluster', async () => {
    const { connections, made } = scripted();
    const asked = [1, 2, 3].map(() => connections.open(one, 'ask'));
    const produced = connections.open(one, 'produce');
    await Promise.resolve();
    for (const { open } of made) open.resolve();
    const [first, second, third] = await Promise.all(asked);
    assert.ok(first === second && second === third && first !== (await produced));
    assert.equal(await connections.open(one, 'ask'), first);
    assert.deepEqual(
      made.map(({ asked }) => asked),
      [1, 1],
    );
  });

  it('are replaced once they have ended', async () => {
    const { connections, made } = scripted();
    const first = connections.open(one, 'ask');
    await Promise.resolve();
    made[0]?.open.resolve();
    await first;
    if (made[0]) made[0].isOpen = false;
    const second = connections.open(one, 'ask');
    await Promise.resolve();
    made[1]?.open.resolve();
    await second;
    assert.equal(made.length, 2);
  });

  it('end with close, after which none is opened', async () => {
    const { connections, made } = scripted();
    const pending = connections.open(one, 'ask');
    await Promise.resolve();
    made[0]?.open.resolve();
    await pending;
    await Promise.all([connections.close(), connections.close()]);
    assert.equal(made[0]?.isOpen, false);
    await assert.rejects(connections.open(one, 'ask'), { code: 'DESTINATION_CLOSED' });
    await assert.rejects(connections.open(other, 'produce'), { code: 'DESTINATION_CLOSED' });
    assert.equal(made.length, 1);
  });
});
