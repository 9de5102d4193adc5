import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { demoFlow, post } from './flow.ts';

/** As of the Kafka destination's errors about a record. */
const known = { retriable: false, mayHaveBeenWritten: false };

describe('HTTP source: the answer comes after delivery', () => {
  it('502 with reasons, and which events are to be sent again', async (t) => {
    const { origin } = await demoFlow(t, {
      destination: {
        push: (event) => {
          if (event.data.id === 2) throw Object.assign(new Error('too large'), known);
        },
      },
    });
    const events = [1, 2, 3].map((id) => ({ name: 'order complete', data: { id } }));
    assert.deepEqual(await post(origin, events), {
      status: 502,
      body: {
        ok: false,
        error: '1 of 3 events not delivered',
        accepted: 2,
        failed: [{ index: 1, reasons: { memory: 'too large' }, retry: false, mayHaveBeenWritten: false }],
      },
    });
  });

  // It was 502 for all of them: a client could not tell an outage, after which it has to send again, from an event that
  // nobody will ever take.
  it('503 when a later try may help, which says whether the event may be stored already', async (t) => {
    const errors = [
      Object.assign(new Error('no answer'), { retriable: true, mayHaveBeenWritten: true }),
      Object.assign(new Error('no leader'), { retriable: true, mayHaveBeenWritten: false }),
      new Error('of another destination'),
      Object.assign(new Error('too large'), known),
    ];
    const { origin } = await demoFlow(t, {
      destination: {
        push: (event) => {
          throw errors[Number(event.data.id)] ?? new Error('none');
        },
      },
    });
    const response = await fetch(`${origin}/collect`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(errors.map((_, id) => ({ name: 'order complete', data: { id } }))),
    });
    assert.deepEqual([response.status, response.headers.get('retry-after')], [503, '5']);
    const { failed } = (await response.json()) as { failed: Record<string, unknown>[] };
    assert.deepEqual(
      failed.map(({ retry, mayHaveBeenWritten }) => [retry, mayHaveBeenWritten]),
      [
        [true, true],
        [true, false],
        [true, true],
        [false, false],
      ],
    );
  });

  it('503 when the destination does not start: the collector says ok and keeps the event', async (t) => {
    const { origin } = await demoFlow(t, {
      destination: {
        init: () => {
          throw new Error('no settings');
        },
      },
    });
    const reason = 'kept in memory by the collector: the destination could not start, or consent is missing';
    assert.deepEqual(await post(origin, { name: 'page view' }), {
      status: 503,
      body: {
        ok: false,
        error: '1 of 1 events not delivered',
        accepted: 0,
        failed: [{ index: 0, reasons: { memory: reason }, retry: true, mayHaveBeenWritten: false }],
      },
    });
  });

  it('503 while the collector is not running', async (t) => {
    const { origin, taken } = await demoFlow(t, { run: false });
    const answer = await post(origin, { name: 'page view' });
    assert.equal(answer.status, 503);
    assert.match(JSON.stringify(answer.body), /not taken: the collector is not running/);
    assert.deepEqual(taken, []);
  });

  it('202 where the destination batches, for the collector answers before it has delivered', async (t) => {
    const { origin } = await demoFlow(t, {
      destination: { pushBatch: () => undefined },
      config: { mapping: { page: { view: { batch: 50 } } } },
    });
    assert.deepEqual(await post(origin, { name: 'page view' }), {
      status: 202,
      body: { ok: true, accepted: 1, pending: ['memory'] },
    });
  });

  it('not before: the request waits as long as the destination does', async (t) => {
    let release: () => void = () => undefined;
    const stored = new Promise<void>((resolve) => (release = resolve));
    const { origin } = await demoFlow(t, { destination: { push: () => stored } });
    let answered = false;
    const answer = post(origin, { name: 'page view' }).finally(() => (answered = true));
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(answered, false);
    release();
    assert.equal((await answer).status, 200);
  });
});
