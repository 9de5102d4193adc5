import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CloudEvent, Kafka } from 'cloudevents';
import { freshTopic, sharedBroker } from '../support/broker.ts';
import { event, runFlow } from '../support/flow.ts';
import { readBack } from '../support/reader.ts';

describe('CloudEvents', () => {
  for (const mode of ['binary', 'structured'] as const) {
    it(`${mode}: the official SDK reads them back`, async () => {
      const topic = await freshTopic(`cloudevents-${mode}`);
      const { brokers } = await sharedBroker();
      const flow = await runFlow({
        kafka: { brokers, topic, headers: { team: 'web' } },
        value: { format: 'cloudevents', mode, source: '/shop' },
      });
      const pushed = event({
        data: { title: 'Grüße 🥾' },
        source: { type: 'test', platform: 'server', schema: '4', count: 1, trace: 't' },
      });
      assert.equal((await flow.push(pushed)).ok, true, flow.log.join('\n'));
      await flow.stop();
      const [stored] = await readBack(brokers, topic, { count: 1 });
      const headers = Object.fromEntries(
        (stored?.headers ?? []).map(([name, value]) => [name, String(value)]),
      );
      const message = { headers, value: String(stored?.value), key: '', timestamp: '', body: '' };
      const read = Kafka.toEvent(message);
      assert.ok(read instanceof CloudEvent);
      const { id, type, source, specversion, time, datacontenttype } = read;
      assert.deepEqual(
        { id, type, source, specversion, time, datacontenttype },
        {
          id: '1f0c2a9d4b7e8f31',
          type: 'walkeros.page_view',
          source: '/shop',
          specversion: '1.0',
          time: '2023-11-14T22:13:20.123Z',
          datacontenttype: 'application/json',
        },
      );
      assert.deepEqual(read.data, pushed);
      assert.equal(headers['team'], 'web');
      const contentType =
        mode === 'binary' ? 'application/json' : 'application/cloudevents+json; charset=UTF-8';
      assert.equal(headers['content-type'], contentType);
    });
  }
});
