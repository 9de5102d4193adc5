import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { run } from '../../cli/support/run.ts';
import { tempFolder } from '../../support/temp.ts';

interface Parts {
  /** Over settings that nothing is to be said about. */
  readonly kafka?: object;
  readonly settings?: object;
  readonly config?: object;
  readonly source?: object;
  readonly destination?: object;
}

const folder = tempFolder();
const spool = { path: '/var/lib/walkeros/kafka.spool' };
const batch = { size: 500, wait: 100 };
const express = '@walkeros/server-source-express';

/** What `doctor` says of the flow under `answers` and `timeouts`. Nobody listens at its broker, which changes nothing about it. */
async function saysOf({ kafka, settings, config, source, destination }: Parts): Promise<string[]> {
  const path = join(folder, 'flow.json');
  const flow = {
    config: { platform: 'server' },
    sources: { http: { package: express, config: { settings: { port: 8080, async: false } }, ...source } },
    destinations: {
      kafka: {
        package: 'walkeros-destination-kafka',
        config: {
          ...config,
          settings: {
            kafka: { brokers: ['127.0.0.1:1'], topic: 'events', idempotent: true, ...kafka },
            ...settings,
          },
        },
        ...destination,
      },
    },
  };
  writeFileSync(path, JSON.stringify({ version: 4, flows: { default: flow } }));
  const { lines } = await run(['doctor', path]);
  return lines.flatMap((line, at) => {
    const [, status, name, message = ''] = /^(\w+) +(answers|timeouts) +(.*)$/.exec(line) ?? [];
    if (status === undefined) return [];
    const fix = lines[at + 1]?.trim() ?? '';
    return [
      `${status} ${name}: ${message}`,
      ...(fix.startsWith('→') ? [fix.replaceAll(path, 'flow.json')] : []),
    ];
  });
}

const fine = [
  'ok answers: an ok means that Kafka, the spool or the dead-letter topic has the event',
  "ok timeouts: deliveryTimeout 30000 ms ends before the collector's 37500 ms",
];
const timely = fine.slice(1);
const timelyWithSpool = "ok timeouts: deliveryTimeout 8000 ms ends before the collector's 10000 ms";

// Each of these made a flow answer `ok` for events that nothing had stored, and nothing said so.
describe('doctor, about what an ok of the flow means', () => {
  it('has nothing to say about a flow that waits', async () => {
    assert.deepEqual(await saysOf({}), fine);
    assert.deepEqual(await saysOf({ settings: { spool }, config: { batch } }), [
      'ok answers: an ok means that the event is in a batch, in memory',
      timelyWithSpool,
    ]);
  });

  it('warns of a source that answers first', async () => {
    const said = [
      'warning answers: sources.http.config.settings.async is not false: the Express source answers a POST before its events are ' +
        'delivered, so its 2xx says nothing about Kafka, and clients do not send again what was rejected.',
      '→ Set async to false in the settings of source "http".',
      ...timely,
    ];
    for (const settings of [{}, { async: true }, { async: { get: false } }, { async: { POST: true } }])
      assert.deepEqual(await saysOf({ source: { config: { settings } } }), said);
    assert.deepEqual(await saysOf({ source: {} }), fine);
    assert.deepEqual(await saysOf({ source: { config: { settings: { async: { post: false } } } } }), fine);
    assert.deepEqual(await saysOf({ source: { package: 'another', config: {} } }), fine);
  });

  it('warns of a circuit breaker', async () => {
    assert.deepEqual(await saysOf({ config: { breaker: 5 } }), [
      'warning answers: config.breaker is set: after some failures walkerOS skips events for a while and answers ok for them, ' +
        'though nothing stores them.',
      '→ Remove config.breaker: the destination spares a struggling cluster by itself, and rejects what it cannot store.',
      ...timely,
    ]);
  });

  it('warns of batches without a spool, also of those of a rule', async () => {
    const said = (path: string) => [
      `warning answers: config.${path} is set without settings.spool: a push succeeds once its event is in a batch in memory. What ` +
        'Kafka does not take in time is dropped after its client was told ok.',
      `→ Set settings.spool, or remove config.${path}.`,
    ];
    assert.deepEqual(await saysOf({ config: { batch } }), [...said('batch'), ...timely]);
    const mapping = { order: { complete: { batch: 0 }, cancel: [{ name: 'x' }, { batch }] } };
    assert.deepEqual(await saysOf({ config: { mapping } }), [
      ...said('mapping.order.complete.batch'),
      ...said('mapping.order.cancel.batch'),
      ...timely,
    ]);
  });

  it("warns of a deliveryTimeout that the collector's limit cuts short", async () => {
    assert.deepEqual(await saysOf({ kafka: { deliveryTimeout: 20_000 }, config: { timeout: 10_000 } }), [
      fine[0],
      "warning timeouts: settings.kafka.deliveryTimeout: is 20000 ms, no less than the destination's config.timeout (10000 ms), at " +
        'which the collector counts a push as failed: pushes settle after 8000 ms instead; lower deliveryTimeout, or raise or ' +
        'remove config.timeout',
      '→ Change it in flow.json, destination "kafka".',
    ]);
  });

  it('warns of a spool without idempotence', async () => {
    assert.deepEqual(await saysOf({ kafka: { idempotent: false }, settings: { spool } }), [
      'warning answers: settings.kafka.idempotent is false beside settings.spool: what the spool sends again after an unanswered ' +
        'request is stored twice.',
      '→ Set settings.kafka.idempotent to true.',
      timelyWithSpool,
    ]);
  });

  it('warns of a cache, which takes the second try of a failed event for a duplicate', async () => {
    const cache = { rules: [{ key: ['event.id'], ttl: 60 }] };
    const said = [
      'warning answers: config.cache is set: walkerOS also remembers an event whose push failed, so that its second try is answered ' +
        'with ok and not sent.',
      '→ Remove config.cache, and set settings.kafka.idempotent against duplicates.',
      ...timely,
    ];
    assert.deepEqual(await saysOf({ config: { cache } }), said);
    assert.deepEqual(await saysOf({ destination: { cache } }), said);
  });
});
