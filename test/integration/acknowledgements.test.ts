import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { describe, it, type TestContext } from 'node:test';
import { freePorts } from '../../scripts/kafka/ports.ts';
import { freshTopic, sharedBroker } from '../support/broker.ts';
import { blocksFor } from '../support/docs/claims.ts';
import { eventually } from '../support/eventually.ts';
import { readBack } from '../support/reader.ts';

const [snippet = ''] = blocksFor(import.meta.filename).map(({ text }) => text);

/** The guide's source as it stands, but for its addresses. @returns where it listens */
async function runGuide(
  t: TestContext,
  brokers: readonly string[],
  topic: string,
  more = '',
): Promise<string> {
  const [port = 0] = await freePorts(1);
  const here = snippet
    .replaceAll("'walkeros-destination-kafka'", "'./src/index.ts'")
    .replaceAll("'kafka1:9092'", `'${brokers.join("', '")}'`)
    .replaceAll("'walkeros-events'", `'${topic}'${more}`)
    .replaceAll('8080', String(port));
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', here], {
    cwd: new URL('../../', import.meta.url),
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  t.after(() => child.kill());
  const origin = `http://127.0.0.1:${port}`;
  await eventually('it listens', () => fetch(origin, { method: 'POST', body: '' }).catch(() => undefined), {
    timeoutMs: 60_000,
  });
  return origin;
}

async function post(origin: string, body: string) {
  const response = await fetch(origin, { method: 'POST', body });
  const retryAfter = response.headers.get('retry-after');
  return { status: response.status, retryAfter, body: (await response.json()) as Record<string, unknown> };
}

const page = (data: object = {}): string => JSON.stringify({ name: 'page view', data });

describe("the guide's source", () => {
  it('answers 200 for what Kafka has, 422 for what it will never take, 400 for no JSON', async (t) => {
    const { brokers } = await sharedBroker();
    const topic = await freshTopic('guide', { config: { 'max.message.bytes': '10000' } });
    const origin = await runGuide(t, brokers, topic);
    assert.deepEqual(await post(origin, page({ n: 1 })), {
      status: 200,
      retryAfter: null,
      body: { ok: true },
    });
    const large = await post(origin, page({ text: randomBytes(20_000).toString('base64') }));
    assert.deepEqual([large.status, large.retryAfter, large.body.mayHaveBeenWritten], [422, null, false]);
    assert.equal((await post(origin, 'page view')).status, 400);
    assert.equal((await readBack(brokers, topic, { count: 1 })).length, 1);
  });

  it('answers 503 while no broker answers, and says that nothing was written', async (t) => {
    const [nobody = 0] = await freePorts(1);
    const origin = await runGuide(t, [`127.0.0.1:${nobody}`], 'events', ', deliveryTimeout: 500');
    const { status, retryAfter, body } = await post(origin, page());
    assert.deepEqual([status, retryAfter, body.mayHaveBeenWritten], [503, '5', false]);
    assert.match(String(body.error), /^Kafka topic "events": not acknowledged within deliveryTimeout/);
  });
});
