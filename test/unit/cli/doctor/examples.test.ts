import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { triedExamples } from '../../../../src/cli/doctor/examples.ts';
import { resolveOptions } from '../../../../src/config/resolve.ts';

const fix = 'Change it in flow.json.';

async function found(kafka: object, config: object, examples: unknown): Promise<string[]> {
  const settings = { kafka: { brokers: ['kafka1:9092'], topic: 'events', ...kafka } };
  const { options } = resolveOptions(settings, config);
  const verdicts = await triedExamples({ examples, config: { settings, ...config } }, options, fix);
  assert.ok(verdicts.every((verdict) => verdict.status === 'warning' && verdict.fix === fix));
  return verdicts.map(({ message }) => message);
}

const view = { in: { name: 'page view', user: { id: 'u' } } };
const order = { in: { name: 'order complete', data: { id: 'o', region: 'uk' } } };

describe("a flow's own examples", () => {
  it('have the key that the settings and the rules name', async () => {
    const mapping = { order: { complete: { settings: { key: ['data.id'] } } } };
    assert.deepEqual(await found({ key: 'user.id' }, { mapping }, { view, order }), []);
    assert.deepEqual(await found({}, {}, { view, order }), []);
    assert.deepEqual(await found({ key: 'user.id' }, {}, undefined), []);
  });

  /** `user.sesion` was seen in the partitions only. */
  it('are named where a path or a mapping value finds none', async () => {
    const mapping = {
      order: { complete: { name: 'purchase', settings: { key: [{ key: 'data.number' }] } } },
      debug: { noise: { ignore: true } },
    };
    const examples = {
      view,
      order,
      again: view,
      noise: { in: { name: 'debug noise' } },
      walker: { command: 'run', in: {} },
    };
    const rest = 'the name of the event is used instead, and all such events go to one partition.';
    assert.deepEqual(await found({ key: 'user.sesion' }, { mapping }, examples), [
      `settings.kafka.key ("user.sesion") finds no key in example "view" ("page_view"), example "again" ("page_view"): ${rest}`,
      `settings.key of its mapping rule finds no key in example "order" ("purchase"): ${rest}`,
    ]);
  });

  it('are named where a mapping value throws, gives a topic that is not declared, or where nothing would be erased', async () => {
    const fail = () => {
      throw new Error('no such shop');
    };
    const mapping = {
      page: { view: { settings: { headers: { shop: { fn: fail } } } } },
      order: {
        complete: { settings: { topic: { value: 'data.region', topics: ['eu'] } } },
        remove: { settings: { tombstone: true, key: 'data.id' } },
      },
    };
    const remove = { in: { name: 'order remove' } };
    assert.deepEqual(await found({}, { mapping }, { view, order, remove }), [
      'example "view": Event "page view" was not sent: the mapping value of header "shop" failed (no such shop). Mend the mapping value, and send the event again.',
      'example "order": Event "order complete" was not sent: the mapping value of settings.topic of its mapping rule gives the topic "uk", and may give "eu". Add the topic to `topics` if events belong there.',
      'example "remove": Event "order remove" (0000000000000000) erases nothing: settings.key of its mapping rule ("data.id") finds no key in it, and a tombstone has nothing else. Send the event again with its key.',
    ]);
  });
});
