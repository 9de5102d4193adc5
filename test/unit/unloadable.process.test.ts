import assert from 'node:assert/strict';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { kafkaHealth } from '../../src/index.ts';
import type { Settings } from '../../src/types.ts';
import { event, runFlow } from '../support/flow.ts';
import { tempFolder } from '../support/temp.ts';

/** As a bundle that was pruned too far, or a Node that was built without SQLite. */
const missing = ['@platformatic/kafka', 'kafkajs', 'node:sqlite'];

registerHooks({
  resolve(specifier, context, next) {
    if (missing.some((name) => specifier === name || specifier.startsWith(`${name}/`)))
      throw new Error(`Cannot find package '${specifier}'`);
    return next(specifier, context);
  },
});

const kafka = { brokers: ['127.0.0.1:1'], topic: 'events', deliveryTimeout: 1_000 };
const rows: [what: string, settings: Settings, says: RegExp][] = [
  ['the client', { kafka }, /Cannot find package '@platformatic\/kafka'/],
  ['the other client', { kafka: { ...kafka, client: 'kafkajs' } }, /Cannot find package 'kafkajs/],
  [
    "the spool's database",
    { kafka, spool: { path: join(tempFolder(), 'kafka.spool'), mode: 'always' } },
    /Cannot find package/,
  ],
];

// A library that cannot be loaded must not make `init` throw: the collector would answer `ok` from then on.
describe('a library that cannot be loaded: no push is acknowledged', () => {
  for (const [what, settings, says] of rows) {
    for (const config of [{}, { batch: { size: 2, wait: 1 } }]) {
      it(`${what}, ${'batch' in config ? 'with' : 'without'} config.batch`, async () => {
        const flow = await runFlow(settings, config);
        const results = await Promise.all([flow.push(event()), flow.push(event())]);
        await flow.stop();
        const errors =
          'batch' in config
            ? flow.collector.destinations['kafka']?.dlq?.map(([, error]) => error)
            : results.map(({ failed }) => failed?.kafka?.error);
        assert.equal(errors?.length, 2);
        for (const error of errors) assert.match(error instanceof Error ? error.message : '', says);
        assert.match(flow.log.filter((line) => line.startsWith('ERROR')).join('\n'), says);
        assert.deepEqual(kafkaHealth(), []);
      });
    }
  }
});
