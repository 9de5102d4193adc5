import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Resend, type ResendPorts } from '../../../../src/cli/dead-letters/resend.ts';
import { KafkaError } from '../../../../src/model/errors.ts';
import { cluster, request, stored } from './cluster.ts';

/** One run at a time: none has to wait for another. */
const timing = { grace: 0, heartbeat: 1_000, looks: 2, lookEvery: 0 };

interface Run {
  /** Only dead letters of this topic. */
  readonly topic: string | undefined;
  readonly batch: number;
  readonly limit: number;
  readonly dryRun: boolean;
  /** At which of its steps it is killed, where it comes so far. */
  readonly killedAt: number;
  /** Dead letters that the broker refuses. */
  readonly refused: readonly string[];
  /** The dead letter at which the broker is gone. */
  readonly unreachable: string | undefined;
}

const last: Run = {
  topic: undefined,
  batch: 4,
  limit: Infinity,
  dryRun: false,
  killedAt: Infinity,
  refused: [],
  unreachable: undefined,
};

const runs: fc.Arbitrary<Run[]> = fc.array(
  fc.record({
    topic: fc.constantFrom(undefined, 'a', 'b', 'c'),
    batch: fc.integer({ min: 1, max: 4 }),
    limit: fc.constantFrom(Infinity, 1, 3, 7),
    dryRun: fc.constantFrom(false, false, false, true),
    killedAt: fc.integer({ min: 0, max: 30 }),
    refused: fc.array(fc.constantFrom('0/1', '0/3', '1/2', '1/0')),
    unreachable: fc.constantFrom(undefined, '0/2', '1/1'),
  }),
  { maxLength: 5 },
);

/** The topics of the dead letters in each partition. */
const partitions = fc.array(fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 }), {
  minLength: 1,
  maxLength: 3,
});

/** A step that is never taken, from the one at which the process is killed on. */
function killer(at: number): { step: () => Promise<void>; killed: Promise<'killed'> } {
  const { promise: killed, resolve } = Promise.withResolvers<'killed'>();
  let taken = 0;
  const step = async (): Promise<void> => {
    if (taken++ < at) return;
    resolve('killed');
    await new Promise<never>(() => undefined);
  };
  return { step, killed };
}

function portsOf(
  { reader, offsetStore }: ReturnType<typeof cluster>,
  run: Run,
  step: () => Promise<void>,
  sent: string[],
): ResendPorts {
  return {
    reader,
    finish: (_letter, record) => Promise.resolve(record),
    offsetStore: {
      async fetch(group, topic, asked) {
        await step();
        return offsetStore.fetch(group, topic, asked);
      },
      async commit(group, topic, offsets) {
        await step();
        await offsetStore.commit(group, topic, offsets);
        await step();
      },
    },
    async send(records) {
      await step();
      const answers = records.map(({ value }) => {
        const name = String(value);
        if (run.refused.includes(name)) return new KafkaError('RECORD_REJECTED', 'No.');
        if (run.unreachable === name) return new KafkaError('BROKER_UNREACHABLE', 'Gone.');
        sent.push(name);
        return undefined;
      });
      await step();
      return answers;
    },
  };
}

describe('re-sending that is killed at any of its steps', () => {
  it('leaves out no dead letter, and sends at most one batch twice for each kill', async () => {
    const all = fc.asyncProperty(partitions, runs, async (topics, killedRuns) => {
      const kafka = cluster(
        topics.map((letters, partition) =>
          letters.map((topic, offset) => stored(offset, [], { partition, topic })),
        ),
      );
      const everSent: string[] = [];
      let mayBeTwice = 0;
      for (const run of [...killedRuns, last]) {
        const { step, killed } = killer(run.killedAt);
        const sent: string[] = [];
        const { topic, batch, limit, dryRun } = run;
        const before = structuredClone(kafka.kept);
        const outcome = await Promise.race([
          new Resend(
            { ...request, filter: { topic }, batch, limit, dryRun },
            portsOf(kafka, run, step, sent),
            timing,
          )
            .run()
            .catch((thrown: unknown) => thrown),
          killed,
        ]);
        everSent.push(...sent);
        if (dryRun) assert.deepEqual([sent, kafka.kept], [[], before]);
        if (outcome === 'killed') mayBeTwice += batch;
        else if (outcome instanceof KafkaError) assert.equal(outcome.code, 'BROKER_UNREACHABLE');
        else {
          const { sent: counted } = outcome as Awaited<ReturnType<Resend['run']>>;
          const total = [...counted.values()].reduce((sum, count) => sum + count, 0);
          if (!dryRun) assert.equal(total, sent.length);
          assert.ok(total <= limit, `${total} sent of at most ${limit}`);
        }
      }
      const once = new Set(everSent);
      const meant = topics.flatMap((letters, partition) =>
        letters.map((_, offset) => `${partition}/${offset}`),
      );
      assert.deepEqual([...once].sort(), meant.sort());
      assert.ok(everSent.length - once.size <= mayBeTwice, `${everSent.length - once.size} sent twice`);
    });
    // Side by side, for they wait more than they work.
    await Promise.all(Array.from({ length: 10 }, () => fc.assert(all, { numRuns: 25 })));
  });
});
