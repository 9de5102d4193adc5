import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { event, runFlow } from '../support/flow.ts';
import { proxiedKafka } from '../support/proxied-kafka.ts';
import { run } from './support/run.ts';

/** One broker that falls silent when a test says so. */
const { proxy, topicOf } = await proxiedKafka();

describe('tail of a cluster in trouble', () => {
  /** It waited for an answer first, up to half a minute. */
  it('ends at once with Ctrl-C though the leader says nothing', async () => {
    const topic = await topicOf('silent');
    const flow = await runFlow({ kafka: { brokers: [proxy.address], topic } });
    const stop = new AbortController();
    const lines: string[] = [];
    const running = run(['tail', topic, '--brokers', proxy.address, '--from-beginning'], {
      stop: stop.signal,
      onLine: (line) => lines.push(line),
    });
    await flow.push(event());
    await eventually('it is shown', () => lines.length === 1);
    await flow.stop();
    // It has always asked for more, and that is answered no longer.
    proxy.loseAnswers();
    const begun = performance.now();
    stop.abort();
    assert.equal((await running).code, 0);
    assert.ok(performance.now() - begun < 2_000, 'it waited for the leader');
    proxy.heal();
  });

  /** What was fetched was shown to the end, as fast as it could be written. */
  it('shows nothing more after Ctrl-C', async () => {
    const topic = await topicOf('many');
    const flow = await runFlow({ kafka: { brokers: [proxy.address], topic } });
    await Promise.all(Array.from({ length: 500 }, () => flow.push(event())));
    await flow.stop();
    const stop = new AbortController();
    const { code, lines } = await run(['tail', topic, '--brokers', proxy.address, '--from-beginning'], {
      stop: stop.signal,
      onLine: () => stop.abort(),
    });
    assert.deepEqual([code, lines.length], [0, 1]);
  });
});
