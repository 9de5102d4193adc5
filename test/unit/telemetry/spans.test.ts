import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { createSpans } from '../../../src/telemetry/spans.ts';
import { KafkaError } from '../../../src/model/errors.ts';
import { installSdk, type Sdk } from '../../support/otel.ts';
import { recordOf, reportOf } from './reports.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const traceOf = (n: number) => ({ traceId, spanId: n.toString(16).padStart(16, '0'), traceFlags: 1 });
const records = (...contexts: number[]) => contexts.map((n) => recordOf({ trace: traceOf(n) }));
/** walkerOS' own ids can be anything, where a source sets them. */
const nonsense = recordOf({ trace: { traceId: 'visit', spanId: '7', traceFlags: 1 } });

describe('spans', () => {
  let sdk: Sdk;
  beforeEach(() => {
    sdk = installSdk();
  });
  afterEach(() => sdk.uninstall());

  function only() {
    const [span, ...more] = sdk.spans();
    assert.ok(span);
    assert.equal(more.length, 0);
    return span;
  }

  it('one for each produce request, by the conventions for messaging', () => {
    const batches = [{ topic: 'events', partition: 3, records: records(1, 2) }];
    createSpans('kafka', 'walkeros')?.record(
      reportOf({ batches, broker: '[::1]:9093', startedAt: 2_000, endedAt: 2_350 }),
    );
    const span = only();
    assert.equal(span.name, 'send events');
    assert.equal(span.kind, SpanKind.CLIENT);
    assert.equal(span.status.code, SpanStatusCode.UNSET);
    assert.deepEqual(span.attributes, {
      'walkeros.destination.id': 'kafka',
      'messaging.client.id': 'walkeros',
      'messaging.system': 'kafka',
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.batch.message_count': 2,
      'server.address': '::1',
      'server.port': 9093,
      'messaging.destination.name': 'events',
      'messaging.destination.partition.id': '3',
    });
    // Since the process began; a thousandth is lost in the conversion.
    const milliseconds = ([seconds, nanos]: [number, number]) => seconds * 1e3 + nanos / 1e6;
    assert.equal(Math.round(milliseconds(span.startTime) - performance.timeOrigin), 2_000);
    assert.equal(Math.round(milliseconds(span.duration)), 350);
  });

  it('names no topic and no partition where there are several', () => {
    const batches = ['events', 'orders'].map((topic) => ({ topic, partition: 0, records: records(1) }));
    createSpans('kafka', 'walkeros')?.record(
      reportOf({ batches, outcomes: [{ kind: 'stored' }, { kind: 'stored' }] }),
    );
    const span = only();
    assert.equal(span.name, 'send');
    assert.equal('messaging.destination.name' in span.attributes, false);
    assert.equal('messaging.destination.partition.id' in span.attributes, false);
  });

  it('is linked to the context of each event, once', () => {
    const batches = [
      { topic: 'events', partition: 0, records: [...records(1, 2, 1), recordOf()] },
      { topic: 'events', partition: 1, records: [...records(3), nonsense] },
    ];
    createSpans('kafka', 'walkeros')?.record(reportOf({ batches }));
    assert.deepEqual(
      only().links.map(({ context }) => context.spanId),
      ['0000000000000001', '0000000000000002', '0000000000000003'],
    );
    assert.equal(only().links[0]?.context.traceId, traceId);
  });

  it('keeps the links of a request with ten thousand records to the first 32', () => {
    const many = records(...Array.from({ length: 10_000 }, (_, n) => n + 1));
    createSpans('kafka', 'walkeros')?.record(
      reportOf({ batches: [{ topic: 'events', partition: 0, records: many }] }),
    );
    assert.equal(only().links.length, 32);
    assert.equal(only().droppedLinksCount, 0);
  });

  it('says what went wrong', () => {
    const error = new KafkaError('BROKER_BUSY', 'Too few replicas.', { kafkaCode: 'NOT_ENOUGH_REPLICAS' });
    createSpans('kafka', 'walkeros')?.record(
      reportOf({ outcomes: [{ kind: 'retriable', error, refresh: false, mayHaveBeenWritten: false }] }),
    );
    assert.deepEqual(only().status, { code: SpanStatusCode.ERROR, message: 'Too few replicas.' });
    assert.equal(only().attributes['error.type'], 'NOT_ENOUGH_REPLICAS');
  });

  // A request leaves in the course of whatever push came last: as its child, it would seem to be that push's alone.
  it('is nobody’s child', () => {
    const spans = createSpans('kafka', 'walkeros');
    const parent = trace.getTracer('test').startSpan('GET /');
    context.with(trace.setSpan(context.active(), parent), () => spans?.record(reportOf()));
    assert.equal(only().parentSpanContext, undefined);
    assert.notEqual(only().spanContext().traceId, parent.spanContext().traceId);
  });
});
