import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KafkaError } from '../../../src/model/errors.ts';
import type { KafkaRecord } from '../../../src/model/record.ts';
import { MemoryDisk, MemorySpool } from '../../support/memory-spool.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { errorOf, record, setUp, watch } from './harness.ts';

/** A schema that comes when the test says so. */
function schema() {
  let known = false;
  let wake: (() => void) | undefined;
  let refusal: KafkaError | undefined;
  const lastError = new KafkaError('REGISTRY_UNAVAILABLE', 'The registry is down.');
  const asked: number[] = [];
  const come = (): Promise<void> => {
    known = true;
    wake?.();
    return settled();
  };
  return {
    asked,
    come,
    refuse: (error: KafkaError) => {
      refusal = error;
      return come();
    },
    pending: (name: string, options: { topic?: string; key?: string } = {}): KafkaRecord => {
      const waiting = record(`json ${name}`, options);
      const finish = () => {
        if (refusal) throw refusal;
        return known ? record(`avro ${name}`, options) : undefined;
      };
      const changed = (timeout: number) => {
        asked.push(timeout);
        return new Promise<void>((resolve) => (wake = resolve));
      };
      return { ...waiting, pending: { finish, changed, lastError } };
    },
  };
}

/** Promises that wait on each other need their turns. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

const stored = (cluster: ReturnType<typeof setUp>['cluster'], topic = 'events'): string[] =>
  cluster.records(topic).map(({ value }) => String(value));

describe('records whose value waits for its schema', () => {
  it('are stored in their final form, in their order', async () => {
    const { producer, cluster, clock } = setUp();
    const { pending, come } = schema();
    const fates = watch([producer.send(pending('1')), producer.send(pending('2'))]);
    await clock.advance(100);
    assert.deepEqual(stored(cluster), []);
    await come();
    await clock.advance(0);
    assert.deepEqual(fates, ['stored', 'stored']);
    assert.deepEqual(stored(cluster), ['avro 1', 'avro 2']);
  });

  it('hold up younger ones of their key, whatever those are, and no other key', async () => {
    // A rule may write JSON to the same topic and key: overtaking would break the order of the key.
    const { producer, cluster, clock } = setUp();
    const { pending, come } = schema();
    const fates = watch([
      producer.send(pending('1')),
      producer.send(record('json of another rule')),
      producer.send(record('another key', { key: 'other' })),
    ]);
    await clock.advance(100);
    assert.deepEqual(fates, ['pending', 'pending', 'stored']);
    await come();
    await clock.advance(0);
    assert.deepEqual(fates, ['stored', 'stored', 'stored']);
    assert.deepEqual(stored(cluster), ['another key', 'avro 1', 'json of another rule']);
  });

  it('are rejected at their deadline, with the reason; those behind them go on', async () => {
    const { producer, cluster, clock } = setUp();
    const { pending, asked } = schema();
    const first = errorOf(producer.send(pending('1')));
    await clock.advance(5_000);
    const fates = watch([producer.send(record('2'))]);
    await clock.advance(3_200);
    const { code, message, mayHaveBeenWritten } = await first;
    assert.equal(code, 'DEADLINE_EXCEEDED');
    assert.match(message, /was not written\. Last failure: The registry is down\.$/);
    assert.equal(mayHaveBeenWritten, false);
    assert.deepEqual(fates, ['stored']);
    assert.deepEqual(stored(cluster), ['2']);
    assert.deepEqual(asked, [8_000]);
  });

  it('that never will have a final form go to the dead letters as they are', async () => {
    const { producer, cluster, clock } = setUp(
      { deadLetterTopic: 'dead' },
      { topics: { events: 1, dead: 1 } },
    );
    const { pending, refuse } = schema();
    const fates = watch([producer.send(pending('1')), producer.send(record('2'))]);
    await clock.advance(100);
    await refuse(new KafkaError('SCHEMA_MISSING', 'There is no schema.'));
    await clock.advance(0);
    assert.deepEqual(fates, ['stored', 'stored']);
    assert.deepEqual(stored(cluster), ['2']);
    const [letter] = cluster.records('dead');
    assert.equal(String(letter?.value), 'json 1');
    assert.equal(letter?.headers['walkeros-dead-letter-code'], 'SCHEMA_MISSING');
    assert.equal(letter?.headers['walkeros-dead-letter-topic'], 'events');
  });

  it('count against bufferMemory', async () => {
    const { producer, clock } = setUp({ bufferMemory: 100 });
    const { pending } = schema();
    const fates = watch(['1', '2', 'x'.repeat(30)].map((name) => producer.send(pending(name))));
    await clock.advance(8_100);
    assert.deepEqual(fates, ['DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED', 'BUFFER_FULL']);
  });

  it('are told when the destination closes', async () => {
    const { producer, clock } = setUp();
    const { pending } = schema();
    const error = errorOf(producer.send(pending('1')));
    const closed = producer.close(4_500);
    await clock.advance(4_500);
    assert.equal(await closed, 1);
    assert.equal((await error).code, 'DESTINATION_CLOSED');
  });

  describe('beside a spool', () => {
    /** What the disk holds goes to Kafka as it is: JSON among Avro values would be unreadable. */
    function start(settings: Parameters<typeof setUp>[0] = {}) {
      const disk = new MemoryDisk();
      const clock = new FakeClock();
      const file = new MemorySpool({
        disk,
        maxBytes: 1_000_000,
        synced: (task: () => void) => clock.after(5, task),
      });
      return {
        ...setUp({ ...settings, spool: { file, always: false } }, {}, clock),
        kept: () => [...disk.rows.values()].map(({ record: { value } }) => String(value)),
      };
    }

    it('reject at the deadline, and when the destination closes: the disk keeps final forms only', async () => {
      const { producer, clock, kept } = start();
      const { pending } = schema();
      const fates = watch([producer.send(pending('1'))]);
      await clock.advance(8_100);
      assert.deepEqual(fates, ['DEADLINE_EXCEEDED']);
      const left = watch([producer.send(pending('2'))]);
      const closed = producer.close(3_700);
      await clock.advance(5_000);
      await closed;
      assert.deepEqual([left, kept()], [['DESTINATION_CLOSED'], []]);
    });

    it('reject at once where there is no memory to wait in', async () => {
      const { producer, clock, kept } = start({ bufferMemory: 100 });
      const { pending, come } = schema();
      const fates = watch(['1', '2', 'x'.repeat(30)].map((name) => producer.send(pending(name))));
      await clock.advance(10);
      assert.deepEqual(fates, ['pending', 'pending', 'BUFFER_FULL']);
      await come();
      await clock.advance(10);
      assert.deepEqual([fates, kept()], [['stored', 'stored', 'BUFFER_FULL'], []]);
    });

    it('are spooled in the order in which they became final', async () => {
      const { producer, cluster, clock, kept } = start();
      const { pending, come } = schema();
      const fates = watch([
        producer.send(pending('1')),
        producer.send(record('other key', { key: 'other' })),
      ]);
      await clock.advance(10);
      cluster.cutOff();
      const late = watch([producer.send(record('other key again', { key: 'other' }))]);
      await come();
      await clock.advance(9_000);
      assert.deepEqual([...fates, ...late], ['stored', 'stored', 'stored']);
      assert.deepEqual(kept().sort(), ['avro 1', 'other key again']);
      cluster.restore();
      await clock.advance(10_000);
      assert.deepEqual(stored(cluster), ['other key', 'other key again', 'avro 1']);
    });
  });
});
