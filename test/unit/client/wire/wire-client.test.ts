import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WireClient } from '../../../../src/client/wire/wire-client.ts';
import type { Codec } from '../../../../src/client/wire/codecs.ts';
import type { Link, MetadataAnswer, Wire } from '../../../../src/client/wire/wire.ts';
import { clientOptions as options } from '../../../support/client-options.ts';
import { openLink, unused } from './open-link.ts';

const record = { topic: 't', key: Buffer.from('k'), value: Buffer.from('v'), headers: {}, timestamp: 0 };
const slice = { topic: 't', partition: 0, records: [record, record] };

/** One broker, whose words about topics are the test's. */
function rig(metadata: Link['metadata'], produce: Link['produce'], codec: Codec = { number: 0 }) {
  const link = openLink({ metadata, produce });
  const wire: Wire = { open: () => Promise.resolve(link), close: () => Promise.resolve() };
  return new WireClient(wire, options, codec);
}

const led: MetadataAnswer = {
  brokers: [{ nodeId: 1, host: 'b1', port: 9092 }],
  code: 0,
  partitions: [{ partition: 0, leader: 1, replicas: 1, inSync: 1 }],
  clusterId: undefined,
  controller: 1,
};

describe('WireClient', () => {
  // A codec fails where memory is short. That says nothing about the broker: it must not look like a lost answer, after
  // which the records count as perhaps written, and the connection as perhaps broken.
  it('sends nothing, and asks for smaller slices, when records cannot be encoded', async () => {
    let produced = 0;
    const compress = (): Promise<Buffer> => Promise.reject(new Error('Cannot allocate memory'));
    const client = rig(
      () => Promise.resolve(led),
      () => Promise.resolve(void (produced += 1)),
      {
        number: 1,
        compress,
      },
    );
    await client.layout('t');
    const [outcome] = await client.produce([slice]);
    assert.ok(outcome?.kind === 'too-large');
    assert.equal(outcome.error.code, 'RECORD_REJECTED');
    assert.match(
      outcome.error.message,
      /"t": these records could not be encoded: Cannot allocate memory\. .*compression/,
    );
    assert.equal(outcome.error.mayHaveBeenWritten, false);
    assert.equal(produced, 0);
  });

  // A client that replaced a stuck one took every topic for missing: operators read that their topic did not exist, and
  // its records used up their tries.
  it('asks for a topic that it was never asked about', async () => {
    const client = rig(
      () => Promise.resolve(led),
      () => Promise.resolve(new Map([['t:0', { code: 0 }]])),
    );
    assert.deepEqual(await client.produce([slice]), [{ kind: 'stored' }]);
  });

  it('says that the brokers are away when none tells about a topic', async () => {
    const client = rig(() => Promise.reject(new Error('connect ECONNREFUSED')), unused);
    const [outcome] = await client.produce([slice]);
    assert.ok(outcome?.kind === 'unreachable');
    assert.equal(outcome.error.code, 'BROKER_UNREACHABLE');
  });

  it("does not take the topic's trouble for its absence", async () => {
    const client = rig(() => Promise.resolve({ ...led, code: 5 }), unused);
    await assert.rejects(client.layout('t'), { kafkaCode: 'LEADER_NOT_AVAILABLE' });
    const [outcome] = await client.produce([slice]);
    assert.ok(outcome?.kind === 'retriable');
    assert.equal(outcome.error.kafkaCode, 'LEADER_NOT_AVAILABLE');
  });

  it('knows a topic that is missing', async () => {
    const client = rig(() => Promise.resolve({ ...led, code: 3, partitions: [] }), unused);
    const [outcome] = await client.produce([slice]);
    assert.ok(outcome?.kind === 'retriable');
    assert.equal(outcome.error.code, 'TOPIC_MISSING');
  });

  // The leader hung up between the look at its connection and the request.
  it('asks about a leader whose connection was lost unseen, with acks 0', async () => {
    let questions = 0;
    const metadata = () => Promise.resolve(void (questions += 1)).then(() => led);
    const produce = () => Promise.resolve(undefined);
    const links = [openLink({ metadata, produce }), openLink({ metadata, produce })];
    const [first = unused(), second = unused()] = links;
    let opened = 0;
    const open: Wire['open'] = (_broker, purpose) =>
      Promise.resolve(purpose === 'ask' || ++opened === 1 ? first : second);
    const client = new WireClient(
      { open, close: () => Promise.resolve() },
      { ...options, acks: 0 },
      { number: 0 },
    );
    await client.layout('t');
    await client.produce([slice]);
    await client.produce([slice]);
    assert.equal(questions, 1);
    await client.produce([slice]);
    assert.equal(questions, 2);
    await client.produce([slice]);
    assert.equal(questions, 2);
  });
});
