import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolveOptions } from '../../../src/config/resolve.ts';
import { cloudEvents } from '../../../src/record/cloudevents.ts';
import { staticHeaders } from '../../../src/record/shape.ts';
import { valueFormats } from '../../../src/schema/value-formats.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import { event } from '../../support/flow.ts';
import { scriptedServer } from '../../support/scripted-http.ts';

describe('formats of values', () => {
  const avro = { format: 'avro', registry: { url: 'http://registry.invalid' } };
  const composer = (value: object, simulated = false) => {
    const { options } = resolveOptions({ kafka: { brokers: ['kafka1:9092'], topic: 'events' }, value });
    return valueFormats(options, () => undefined, simulated).composer;
  };

  it('are chosen by the rule, one composer for each', () => {
    const compose = composer(avro);
    const own = { value: { schema: '"string"' } };
    assert.equal(compose({ topic: 'orders' }), compose(undefined));
    assert.equal(compose(own), compose(own));
    assert.notEqual(compose(own), compose(undefined));
    assert.equal(compose({ value: { format: 'json' } }), undefined);
  });

  it('show JSON in a simulation, from which nothing may leave the process', () => {
    assert.equal(composer(avro, true)(undefined), undefined);
    assert.notEqual(composer({ format: 'cloudevents' }, true)(undefined), undefined);
  });

  it('keep JSON for an event that waits, its BigInts as digits', () => {
    const head = { topic: 'events', key: Buffer.from('k'), timestamp: 1, headers: staticHeaders({}) };
    const record = composer(avro)(undefined)?.(head, { big: 2n ** 53n + 1n }, event());
    assert.equal(String(record?.value), '{"big":9007199254740993}');
    assert.deepEqual(record?.headers, { 'content-type': 'application/json' });
    assert.equal(record.pending?.finish(record), undefined);
  });

  it('keep the headers that were put on an event while it waits, and not its content type', async (t) => {
    const registry = await scriptedServer(() => ({ body: { id: 1, version: 1 } }));
    t.after(() => registry.close());
    const schema = { type: 'record', name: 'A', fields: [] };
    const compose = composer({ format: 'avro', registry: { url: registry.url }, schema })(undefined);
    const headers = staticHeaders({});
    const waiting = compose?.({ topic: 'events', key: Buffer.from('k'), timestamp: 1, headers }, {}, event());
    assert.ok(waiting?.pending);
    await waiting.pending.changed(5_000);
    const trace = { traceId: 't', spanId: 's', traceFlags: 1 };
    const traced = { ...waiting, headers: { ...waiting.headers, traceparent: 't' }, trace };
    const record = waiting.pending.finish(traced);
    assert.deepEqual([record?.headers, record?.trace], [{ traceparent: 't' }, trace]);
    assert.equal(record?.value?.toString('hex'), '0000000001');
    assert.equal(record.pending, undefined);
  });
});

describe('CloudEvents', () => {
  const head = { topic: 'events', key: Buffer.from('k'), timestamp: 1, headers: staticHeaders({}) };
  const settings = { mode: 'binary', source: 'walkeros', typePrefix: 'walkeros.' } as const;

  it('take mapped data, and leave out a time that is none', () => {
    const { value, headers } = cloudEvents(settings)(
      head,
      { total: 5 },
      event({ timestamp: NaN, name: 'a  b' }),
    );
    assert.equal(String(value), '{"total":5}');
    assert.deepEqual(headers, {
      'content-type': 'application/json',
      ce_specversion: '1.0',
      ce_id: '1f0c2a9d4b7e8f31',
      ce_source: 'walkeros',
      ce_type: 'walkeros.a_b',
    });
  });

  it('need an id', () => {
    assert.throws(
      () => cloudEvents(settings)(head, {}, event({ id: '' })),
      (error) => error instanceof KafkaError && error.code === 'VALUE_INVALID',
    );
  });
});
