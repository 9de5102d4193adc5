import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ClientOptions } from '../../../src/transport/port.ts';
import { PatientWire } from '../../../src/transport/patient-wire.ts';
import type { Wire } from '../../../src/transport/wire.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import { clientOptions } from '../../support/client-options.ts';
import { openLink } from './open-link.ts';

const options: ClientOptions = {
  ...clientOptions,
  sasl: { mechanism: 'oauthbearer', bearer: () => Promise.reject(new Error('not asked')), renewable: true },
};
const [one, other] = [
  { host: 'b1', port: 9093 },
  { host: 'b2', port: 9093 },
];
const link = openLink({});
const refused = Object.assign(new Error('SASL authentication failed'), { apiCode: 58 });
const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

/** A cluster whose brokers answer as the test says, and a clock that it moves. */
function world(answer: () => Error | undefined) {
  const state = { now: 0, knocks: 0 };
  const wire: Wire = {
    open() {
      state.knocks += 1;
      const failure = answer();
      return failure === undefined ? Promise.resolve(link) : Promise.reject(failure);
    },
    close: () => Promise.resolve(),
  };
  return { state, wire: new PatientWire(wire, options, () => state.now) };
}

describe('PatientWire', () => {
  it('knocks fewer than 20 times in a minute where it is refused, however often it is told to', async () => {
    const { state, wire } = world(() => refused);
    for (; state.now < 60_000; state.now += 50) {
      for (const purpose of ['ask', 'produce'] as const) {
        await assert.rejects(wire.open(one, purpose), (thrown) => thrown === refused);
      }
    }
    assert.equal(state.knocks, 15);
  });

  it('counts each broker by itself', async () => {
    const { state, wire } = world(() => refused);
    await assert.rejects(wire.open(one, 'ask'));
    await assert.rejects(wire.open(other, 'ask'));
    assert.equal(state.knocks, 2);
  });

  it('knocks whenever it is told to where a broker is merely away, or a token is not to be had', async () => {
    for (const failure of [away, new KafkaError('CREDENTIALS_UNAVAILABLE', 'no token')]) {
      const { state, wire } = world(() => failure);
      for (let n = 0; n < 5; n++) await assert.rejects(wire.open(one, 'ask'));
      assert.equal(state.knocks, 5);
    }
  });

  it('lets in at once after the pause, and refuses anew later', async () => {
    let failure: Error | undefined = refused;
    const { state, wire } = world(() => failure);
    await assert.rejects(wire.open(one, 'ask'));
    failure = undefined;
    state.now += 3_999;
    await assert.rejects(wire.open(one, 'ask'));
    state.now += 1;
    assert.equal(await wire.open(one, 'ask'), link);
    assert.equal(await wire.open(one, 'produce'), link);
    failure = refused;
    await assert.rejects(wire.open(one, 'produce'));
    await assert.rejects(wire.open(one, 'produce'));
    assert.equal(state.knocks, 4);
  });

  // A TLS listener that is being restarted hangs up on greetings as a plain one does.
  it('is not offended by a broker that was reached before and hangs up', async () => {
    let failure: Error | undefined = undefined;
    const { state, wire } = world(() => failure);
    await wire.open(one, 'ask');
    failure = Object.assign(
      new Error('Client network socket disconnected before secure TLS connection was established'),
      { code: 'ECONNRESET' },
    );
    for (let n = 0; n < 3; n++) await assert.rejects(wire.open(one, 'ask'));
    assert.equal(state.knocks, 4);
  });
});
