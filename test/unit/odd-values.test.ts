import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Elb, WalkerOS } from '@walkeros/core';
import { KafkaError } from '../../src/index.ts';
import type { Settings } from '../../src/types.ts';
import { event, runFlow } from '../support/flow.ts';

const kafka = { brokers: ['b1:9092'], topic: 'events' };

const fail = (): never => {
  throw new Error('no');
};

function nested(levels: number): unknown {
  let value: unknown = 'leaf';
  for (let level = 0; level < levels; level++) value = { next: value };
  return value;
}

function circle(): unknown {
  const value: { self?: unknown } = {};
  value.self = value;
  return value;
}

const collector = 'failed in the collector';
const refused = 'EVENT_NOT_SERIALIZABLE';

/** What `data.value` is, and what becomes of it: `data` as it is stored, or who refuses the event. */
const cases: [what: string, make: () => unknown, fate: string][] = [
  ['100,000 levels', () => nested(100_000), collector],
  [
    'a property that throws',
    () => Object.defineProperty({}, 'a', { enumerable: true, get: fail }),
    collector,
  ],
  ['a proxy that throws', () => new Proxy({ a: 1 }, { get: fail, ownKeys: fail }), collector],
  ['a toJSON that throws', () => ({ toJSON: fail }), refused],
  ['a toJSON of nothing', () => ({ toJSON: () => undefined }), '{}'],
  ['a BigInt', () => 1n, refused],
  ['what holds itself', circle, refused],
  ['a symbol', () => Symbol('s'), '{}'],
  ['a function', () => fail, '{}'],
  ['NaN', () => NaN, '{"value":null}'],
  ['-Infinity', () => -Infinity, '{"value":null}'],
  ['-0', () => -0, '{"value":0}'],
  ['no date', () => new Date(NaN), '{"value":null}'],
  ['a Map', () => new Map([[1, 2]]), '{"value":{}}'],
];

function fateOf({ ok, failed }: Elb.PushResult): string {
  if (ok) return 'ok';
  const error = failed?.['kafka']?.error;
  return error instanceof KafkaError ? error.code : collector;
}

const formats: Record<string, Settings> = {
  json: { kafka },
  cloudevents: { kafka, value: { format: 'cloudevents' } },
  'json, and the value as the key': { kafka: { ...kafka, key: 'data.value' } },
};

// Sources hand on what a page or a program made. Nothing in one event may keep its neighbours from Kafka, or end the process.
describe('an event with an odd value fails alone, or is written as JSON has it', () => {
  for (const [format, settings] of Object.entries(formats))
    it(format, async () => {
      for (const [what, make, fate] of cases) {
        const stored: string[] = [];
        const send = ({ messages }: { messages: { value: string | null }[] }): void => {
          for (const { value } of messages) stored.push(String(value));
        };
        const flow = await runFlow(settings, { env: { kafka: { send } } });
        const data = { value: make() } as WalkerOS.Properties;
        const pushes = [event({ id: '1' }), event({ id: '2', data }), event({ id: '3' })].map((one) =>
          flow.push(one),
        );
        const fates = (await Promise.all(pushes)).map(fateOf);
        await flow.stop();

        const isStored = fate.startsWith('{');
        assert.deepEqual(fates, ['ok', isStored ? 'ok' : fate, 'ok'], what);
        assert.equal(stored.length, isStored ? 3 : 2, what);
        const written = stored.find((value) => value.includes('"id":"2"'));
        assert.equal(written?.includes(`"data":${fate},`), isStored || undefined, what);
      }
    });
});
