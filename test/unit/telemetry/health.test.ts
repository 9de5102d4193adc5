import assert from 'node:assert/strict';
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { freePorts } from '../../../scripts/kafka/ports.ts';
import { KafkaError, kafkaHealth } from '../../../src/index.ts';
import { eventually } from '../../support/eventually.ts';
import { tempFolder } from '../../support/temp.ts';
import { event, runFlow } from '../../support/flow.ts';
import { openOn, send } from './runtime.ts';

describe('health', () => {
  it('tells whether a broker answers, when one acknowledged last, and what waits', async () => {
    const { runtime, cluster } = await openOn({}, { bufferMemory: 2_000_000, deliveryTimeout: 300 });
    assert.deepEqual(runtime.health(), {
      id: 'kafka',
      ready: false,
      connected: false,
      lastAcknowledgedAt: undefined,
      waiting: { records: 0, bytes: 0, limit: 2_000_000 },
      keyFallbacks: 0,
      spool: undefined,
    });
    await runtime.connect();
    assert.equal(runtime.health().connected, true);
    const before = Date.now();
    await send(runtime);
    const { lastAcknowledgedAt } = runtime.health();
    assert.ok(
      lastAcknowledgedAt &&
        lastAcknowledgedAt.getTime() >= before &&
        lastAcknowledgedAt.getTime() <= Date.now(),
    );

    cluster.cutOff();
    const late = send(runtime);
    assert.deepEqual(runtime.health().waiting, { records: 1, bytes: 26, limit: 2_000_000 });
    assert.equal(await late, 'DEADLINE_EXCEEDED');
    assert.equal(runtime.health().connected, false);
    assert.deepEqual(runtime.health().lastAcknowledgedAt, lastAcknowledgedAt);

    cluster.restore();
    await send(runtime);
    assert.equal(runtime.health().connected, true);
    await runtime.close();
    assert.equal(runtime.health().connected, false);
  });

  it('is known of a topic that nobody could be asked about', async () => {
    const { runtime, cluster } = await openOn({}, { deliveryTimeout: 100 });
    await runtime.connect();
    cluster.cutOff();
    await send(runtime);
    assert.equal(runtime.health().connected, false);
    await runtime.close();
  });

  // `connected` came back with the answer to a push only, and a readiness check that answers 503 lets no push through.
  it('shows that the cluster is back without traffic', async () => {
    const { runtime, cluster, log } = await openOn({}, { deliveryTimeout: 100 });
    await runtime.connect();
    cluster.cutOff();
    assert.equal(await send(runtime), 'DEADLINE_EXCEEDED');
    assert.equal(runtime.health().connected, false);
    cluster.restore();
    await eventually('it shows', () => runtime.health().connected);
    assert.match(log.at(-1) ?? '', /^info Kafka answers again, after \d\.\d s\.$/);
    await runtime.close();
  });

  it('shows it also where the topic is missing: that is an answer, too', async () => {
    const { runtime, cluster } = await openOn({ topics: {} }, { deliveryTimeout: 100 });
    cluster.cutOff();
    await runtime.connect();
    assert.equal(runtime.health().connected, false);
    cluster.restore();
    assert.equal(await send(runtime), 'TOPIC_MISSING');
    assert.equal(runtime.health().connected, true);
    await runtime.close();
  });

  // One leader in use, of a cluster that answers: "No Kafka broker answers any more".
  it('does not take a leader that is away for the loss of the cluster', async () => {
    const { runtime, cluster, log, reported } = await openOn();
    await runtime.connect();
    await send(runtime);
    cluster.failNext({
      outcome: { kind: 'unreachable', error: new KafkaError('BROKER_UNREACHABLE', 'No.') },
    });
    assert.equal(await send(runtime), undefined);
    assert.equal(runtime.health().connected, true);
    assert.ok(!log.some((line) => line.includes('answers')), log.join('\n'));
    assert.deepEqual(reported, []);
    await runtime.close();
  });

  // Closing cuts off what is out, and that read as an outage in the last line of every busy flow.
  it('does not take the end of a client for the loss of the cluster', async (t) => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let out = false;
    const onProduce = (): Promise<void> => {
      out = true;
      return held;
    };
    const { runtime, cluster, log, reported } = await openOn({ onProduce });
    await runtime.connect();
    const sent = send(runtime);
    await eventually('it is out', () => out);
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const closed = runtime.close();
    t.mock.timers.tick(4_500);
    await closed;
    assert.equal(await sent, 'DESTINATION_CLOSED');
    cluster.cutOff();
    release();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(log, [
      'info Connected to Kafka at b1:9092.',
      'error The destination closed with 1 record not acknowledged; each was rejected to its push.',
    ]);
    assert.deepEqual(reported, []);
  });

  it('lists the destinations that have begun and not ended', async () => {
    const flows = await Promise.all(
      [1, 2].map(() =>
        runFlow(
          { kafka: { brokers: ['b1:9092'], topic: 'events' } },
          { env: { kafka: { send: () => undefined } } },
        ),
      ),
    );
    const begun = { id: 'kafka', waiting: { records: 0, bytes: 0, limit: 33_554_432 } };
    const listed = () => kafkaHealth().map(({ id, waiting }) => ({ id, waiting }));
    assert.deepEqual(listed(), [begun, begun], 'no event has come');
    await eventually('both are connected', () => kafkaHealth().every(({ connected }) => connected));
    for (const flow of flows) await flow.push(event());
    assert.deepEqual(listed(), [begun, begun]);
    for (const flow of flows) await flow.stop();
    assert.deepEqual(kafkaHealth(), []);
  });

  /** It was forgotten: the list was empty, and the guide's own readiness check said "ready" while every push failed. */
  it('lists a destination that could not open, and opens it without a push once it can', async () => {
    const path = join(tempFolder(), 'kafka.spool');
    mkdirSync(path);
    const [nobody = 0] = await freePorts(1);
    const kafka = { brokers: [`127.0.0.1:${nobody}`], topic: 'events', deliveryTimeout: 500 };
    const flow = await runFlow({ kafka, spool: { path } });
    assert.equal((await flow.push(event())).ok, false);
    const failed = [
      {
        id: 'kafka',
        ready: false,
        connected: false,
        error: {
          code: 'SPOOL_UNAVAILABLE',
          message: `settings.spool.path "${path}" cannot be used: it is a folder: name a file in it, such as "spool.db".`,
        },
        lastAcknowledgedAt: undefined,
        waiting: { records: 0, bytes: 0, limit: 33_554_432 },
        keyFallbacks: 0,
        spool: undefined,
      },
    ];
    assert.deepEqual(kafkaHealth(), failed);
    assert.equal((await flow.push(event())).ok, false);
    assert.deepEqual(kafkaHealth(), failed, 'once');
    // Whoever is not ready gets no push that would open it.
    rmdirSync(path);
    await eventually('it opens', () => kafkaHealth().every(({ error }) => error === undefined));
    assert.deepEqual(
      kafkaHealth().map(({ id, spool }) => ({ id, records: spool?.records })),
      [{ id: 'kafka', records: 0 }],
    );
    await flow.stop();
    assert.deepEqual(kafkaHealth(), []);
  });

  it('lists a destination whose settings cannot work, until it is destroyed', async () => {
    const kafka = { brokers: ['b1:9092'], topic: 'events', acks: 2 as 1 };
    const flow = await runFlow({ kafka });
    await flow.push(event());
    assert.deepEqual(
      kafkaHealth().map(({ connected, error }) => ({ connected, code: error?.code })),
      [{ connected: false, code: 'SETTINGS_INVALID' }],
    );
    await flow.stop();
    assert.deepEqual(kafkaHealth(), []);
  });
});
