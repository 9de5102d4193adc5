import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Destination } from '@walkeros/core';
import type { z } from 'zod';
import type { ClientOptions } from '../../../src/transport/port.ts';
import { resolveOptions, type Options } from '../../../src/config/resolve.ts';
import type { ruleSettingsSchema, settingsSchema } from '../../../src/config/schema.ts';
import type { setupSchema } from '../../../src/config/setup-schema.ts';
import type { RuleSettings, Settings, Setup, Types } from '../../../src/types.ts';

// Checked by tsc: what users may write, and what they may not.
const least = { kafka: { brokers: ['kafka1:9092'], topic: 'events' } } satisfies Settings;
const most: Settings = {
  kafka: {
    brokers: ['kafka1:9092'],
    topic: 'events',
    acks: 1,
    ssl: { servername: 'kafka1', minVersion: 'TLSv1.2' },
    sasl: { mechanism: 'oauthbearer', oauthBearerProvider: () => Promise.resolve({ value: 'token' }) },
    retry: { retries: 1 },
    headers: { team: 'web' },
  },
  deadLetter: { topic: 'events-dead' },
  telemetry: { traceparent: 'ingest.traceparent' },
};
const config: Destination.Config<Types> = {
  settings: most,
  mapping: { order: { complete: { settings: { topic: 'orders' } } } },
};
// @ts-expect-error a topic is required
const withoutTopic: Settings = { kafka: { brokers: ['kafka1:9092'] } };
// @ts-expect-error acks are numbers
const acksAll: Settings = { kafka: { ...least.kafka, acks: 'all' } };
// @ts-expect-error no such setting
const misspelt: Settings = { kafka: { ...least.kafka, broker: [] } };
// @ts-expect-error a path is text
const keyNumber: RuleSettings = { key: 5 };

/** True where both are the same to the compiler: settings.ts is written by `npm run docs`, with the names of `typeNames`. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** A client can be made of the options as they stand. */
const clientOptions = (options: Options): ClientOptions => options.connection;

it('the types that `npm run docs` writes are those of the schemas', () => {
  const same: [
    Same<Settings, z.input<typeof settingsSchema>>,
    Same<RuleSettings, z.input<typeof ruleSettingsSchema>>,
    Same<Setup, z.input<typeof setupSchema>>,
  ] = [true, true, true];
  assert.deepEqual(same, [true, true, true]);
});

it('settings that type-check are those that pass', () => {
  assert.equal(clientOptions(resolveOptions(least).options).clientId, 'walkeros');
  assert.equal(resolveOptions(config.settings, { mapping: config.mapping }).options.topic, 'events');
  for (const refused of [withoutTopic, acksAll, misspelt]) assert.throws(() => resolveOptions(refused));
  assert.throws(() => resolveOptions(least, { mapping: { order: { complete: { settings: keyNumber } } } }));
});
