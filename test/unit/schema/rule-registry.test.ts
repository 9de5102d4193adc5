import assert from 'node:assert/strict';
import { it } from 'node:test';
import { freePorts } from '../../../scripts/kafka/ports.ts';
import { resolveOptions } from '../../../src/config/resolve.ts';
import { valueFormats } from '../../../src/schema/value-formats.ts';

/** They named `settings.value.registry`, which need not be there at all. */
it('messages about the registry of a mapping rule name that', async (t) => {
  const [nobody] = await freePorts(1);
  const settings = { value: { format: 'avro', registry: { url: `http://127.0.0.1:${nobody}` } } };
  const mapping = { order: { complete: { settings } } };
  const kafka = { brokers: ['kafka1:9092'], topic: 'events' };
  const { options } = resolveOptions({ kafka }, { mapping });
  const formats = valueFormats(options, () => undefined, false);
  t.after(() => formats.close());
  const record = { topic: 'events', key: null, value: Buffer.from('{}'), headers: {}, timestamp: 0 };
  const advice = async (rule: object) => {
    const finishing = formats.framed(options.valueOf(rule))?.finish(record, {}, 'the value', 0);
    return finishing?.then(
      () => undefined,
      (error: Error) => /Check .*/.exec(error.message)?.[0],
    );
  };
  assert.equal(
    await advice(settings),
    'Check mapping.order.complete.settings.value.registry.url and that the registry is up.',
  );
  // A rule that walkerOS has made another object of.
  assert.equal(
    await advice({ ...settings }),
    'Check mapping.<entity>.<action>.settings.value.registry.url and that the registry is up.',
  );
});
