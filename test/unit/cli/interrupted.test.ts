import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { flowFile, run, type Run } from '../../cli/support/run.ts';
import { tempFolder } from '../../support/temp.ts';

const folder = tempFolder();

/** Runs a command against a broker that answers nothing, and stops it as soon as it has asked something. */
async function interrupted(wordsFor: (flow: string, address: string) => string[]): Promise<Run> {
  const stop = new AbortController();
  const broker = createServer((socket) => {
    socket.on('error', () => undefined).once('data', () => stop.abort());
  });
  await once(broker.listen(0, '127.0.0.1'), 'listening');
  const address = `127.0.0.1:${(broker.address() as AddressInfo).port}`;
  const settings = { kafka: { brokers: [address], topic: 'events' }, deadLetter: { topic: 'dead' } };
  try {
    return await run(wordsFor(flowFile(folder, { settings }), address), { stop: stop.signal });
  } finally {
    broker.close();
  }
}

/** It was not heard until the question had failed, seconds later, and the command ended with "Cannot reach Kafka". */
describe('Ctrl-C while a frozen broker is asked', () => {
  it('ends tail', async () => {
    const ended = await interrupted((_flow, address) => ['tail', 'events', '--brokers', address]);
    assert.deepEqual(ended, { code: 0, lines: [], notes: [] });
  });

  it('ends the list of dead letters', async () => {
    assert.deepEqual(await interrupted((flow) => ['dead-letters', 'list', flow]), {
      code: 1,
      lines: ['stopped after 0 dead letters in "dead"; there may be more'],
      notes: [],
    });
  });

  it('ends a resend that has not begun', async () => {
    assert.deepEqual(await interrupted((flow) => ['dead-letters', 'resend', flow]), {
      code: 1,
      lines: ['0 dead letters re-sent', 'stopped before the end: run this again to go on'],
      notes: [],
    });
  });
});
