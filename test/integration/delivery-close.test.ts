import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as pass } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startFlow } from '@walkeros/collector';
import { createIngest } from '@walkeros/core';
import { destinationKafka } from '../../src/index.ts';
import { KafkaError } from '../../src/model/errors.ts';
import { event } from '../support/flow.ts';
import { failureOf, numbered, numberOf, openFlow, upTo } from '../support/load.ts';
import { proxiedKafka } from '../support/proxied-kafka.ts';
import { readBack } from '../support/reader.ts';

/** One broker whose answers can be slow, and which can be frozen. */
const { proxy, kafka, topicOf } = await proxiedKafka();

for (const client of ['platformatic', 'kafkajs'] as const) {
  describe(`a slow broker with ${client}`, () => {
    it('destroy with 1,000 in flight: within five seconds, each event stored or rejected, none silently', async (t) => {
      const topic = await topicOf('close');
      // Requests of some 50 events, each answered after 600 ms: of 20 requests, seven can be made in 4.5 s.
      const flow = await openFlow({
        kafka: { brokers: [proxy.address], topic, client, batchSize: 20_000 },
      });
      assert.equal(failureOf(await flow.push(numbered(0, 1))), undefined);
      proxy.delayAnswers(600);
      const inFlight = upTo(1_001)
        .slice(1)
        .map((n) => flow.push(numbered(n, 1)));
      await new Promise((resolve) => setImmediate(resolve));
      const begin = performance.now();
      const stopping = flow.stop();
      await pass(1_000);
      const during = upTo(1_011)
        .slice(1_001)
        .map((n) => flow.push(numbered(n, 1)));
      await stopping;
      const took = performance.now() - begin;
      const late = flow.push(numbered(1_011, 1));
      const failures = (await Promise.all([...inFlight, ...during, late])).map(failureOf);
      proxy.heal();

      const numbers = (about: (failure: string | undefined) => boolean) =>
        upTo(1_012)
          .slice(1)
          .filter((n) => about(failures[n - 1]));
      const accepted = numbers((failure) => failure === undefined);
      const notSent = numbers((failure) => failure?.endsWith('is closed, the record was not sent.') ?? false);
      const doubtful = numbers((failure) => failure?.includes('may have been written') ?? false);
      const left = numbers((failure) => failure?.includes('closed before the broker acknowledged') ?? false);
      const stored = (await readBack(kafka.direct, topic, { count: accepted.length + 1 })).map(
        ({ value }) => numberOf(value).n,
      );
      t.diagnostic(
        `${Math.round(took)} ms: ${accepted.length} accepted, ${left.length} left behind, ${doubtful.length} of them ` +
          `perhaps written; ${stored.length - 1} stored`,
      );

      assert.ok(took < 5_000, `${took} ms`);
      assert.equal(
        accepted.length + left.length + notSent.length,
        1_011,
        'each push has one of three answers',
      );
      assert.ok(accepted.length > 0 && left.length > 0, 'the broker was too slow for all, and not for some');
      assert.deepEqual(
        notSent,
        upTo(1_012).slice(1_001),
        'pushes during and after it are refused, no others',
      );
      assert.deepEqual(
        flow.log.filter((line) => line.startsWith('ERROR The destination closed')),
        [
          `ERROR The destination closed with ${left.length} records not acknowledged; each was rejected to its push.`,
        ],
      );
      const there = new Set(stored);
      assert.equal(there.size, stored.length, 'no duplicate');
      assert.deepEqual(
        accepted.filter((n) => !there.has(n)),
        [],
        'what was accepted is stored',
      );
      const known = new Set([0, ...accepted, ...doubtful]);
      assert.deepEqual(
        stored.filter((n) => !known.has(n)),
        [],
        'what was said not to be written is not there',
      );
    });

    it('20,000 pushes against a frozen broker: each is answered by its deadline, and memory stays bounded', async (t) => {
      const topic = await topicOf('frozen');
      const config = {
        settings: {
          kafka: {
            brokers: [proxy.address],
            topic,
            client,
            bufferMemory: 2_000_000,
            batchSize: 500_000,
            deliveryTimeout: 4_000,
          },
        },
      };
      // The collector is left out: it has no limit of its own to the pushes under way.
      const { collector } = await startFlow({});
      const context = { id: 'kafka', env: {}, logger: silent, config, collector };
      await destinationKafka.init?.(context);
      const one = event({ data: { text: 'x'.repeat(500) } });
      const push = async () => {
        await destinationKafka.push(one, { ...context, ingest: createIngest('test') });
      };
      // What a process takes before it is warm is not the question.
      for (let rounds = 0; rounds < 5; rounds++) await Promise.all(upTo(1_000).map(push));

      const [node] = kafka.nodes;
      assert.ok(node);
      await node.freeze();
      const before = held();
      const fates = new Map<string, number>();
      let latest = 0;
      const pushes = upTo(20_000).map(async () => {
        const begin = performance.now();
        const fate = await push().then(
          () => 'stored',
          (error: unknown) => (error instanceof KafkaError ? error.code : String(error)),
        );
        latest = Math.max(latest, performance.now() - begin);
        fates.set(fate, (fates.get(fate) ?? 0) + 1);
      });
      const waiting = held();
      await Promise.all(pushes);
      await node.thaw();
      await push();
      await destinationKafka.destroy?.(context);
      const afterwards = held();
      t.diagnostic(
        `last answer after ${Math.round(latest)} ms of 4,000; held before, while waiting, afterwards: ` +
          `${before}, ${waiting}, ${afterwards} MB; ${JSON.stringify([...fates])}`,
      );

      // Some waited for an answer, most for room: what expires lets others in for their last moments.
      assert.deepEqual([...fates.keys()].sort(), ['BUFFER_FULL', 'DEADLINE_EXCEEDED']);
      assert.equal((fates.get('BUFFER_FULL') ?? 0) + (fates.get('DEADLINE_EXCEEDED') ?? 0), 20_000);
      assert.ok(latest < 4_000 + 3_000, `${latest} ms`);
      // 20,000 records of 865 bytes are 17 MB, whoever holds them.
      assert.ok(waiting - before < 2 + 100, `${waiting - before} MB`);
      assert.ok(afterwards - before < 40, `${afterwards - before} MB`);
    });
  });
}

/** What is alive, in MB: the heap and the buffers outside it, garbage collected first. */
function held(): number {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return Math.round((heapUsed + external) / 1_000_000);
}

const silent = {
  error: () => {},
  warn: () => {},
  info: () => {},
  debug: () => {},
  json: () => {},
  throw: (message: string | Error): never => {
    throw message instanceof Error ? message : new Error(message);
  },
  scope: () => silent,
};
