import type { Options } from '../../../config/resolve.ts';
import { entriesOf, isObject, propertyOf } from '../../../model/foreign.ts';
import type { DestinationConfig } from '../../flow/destination.ts';
import { ok, warning, type Verdict } from '../report.ts';
import type { Target } from '../target.ts';

/** Whether the flow says `ok` for events that neither Kafka nor the spool has. docs/acknowledgements.md has the whole table. */
export function answersOf(
  config: DestinationConfig,
  sources: unknown,
  { idempotent, spool }: Pick<Options, 'idempotent' | 'spool'>,
): Verdict[] {
  const batches = batchPaths(config);
  const found = [
    ...entriesOf(sources).flatMap(([id, source]) => (answersFirst(source) ? [earlySource(id)] : [])),
    ...(config.breaker === undefined ? [] : [breaker]),
    ...(config.cache === undefined ? [] : [cache]),
    ...(spool === undefined ? batches.map(batch) : []),
    ...(spool !== undefined && !idempotent ? [notIdempotent] : []),
  ];
  if (found.length > 0) return found;
  const meaning =
    batches.length > 0
      ? 'an ok means that the event is in a batch, in memory'
      : 'an ok means that Kafka, the spool or the dead-letter topic has the event';
  return [ok(meaning)];
}

const earlySource = (id: string): Verdict =>
  warning(
    `sources.${id}.config.settings.async is not false: the Express source answers a POST before its events are delivered, ` +
      'so its 2xx says nothing about Kafka, and clients do not send again what was rejected.',
    `Set async to false in the settings of source "${id}".`,
  );

const breaker = warning(
  'config.breaker is set: after some failures walkerOS skips events for a while and answers ok for them, though nothing stores ' +
    'them.',
  'Remove config.breaker: the destination spares a struggling cluster by itself, and rejects what it cannot store.',
);

const cache = warning(
  'config.cache is set: walkerOS also remembers an event whose push failed, so that its second try is answered with ok and not ' +
    'sent.',
  'Remove config.cache, and set settings.kafka.idempotent against duplicates.',
);

const batch = (path: string): Verdict =>
  warning(
    `config.${path} is set without settings.spool: a push succeeds once its event is in a batch in memory. What Kafka does not take ` +
      'in time is dropped after its client was told ok.',
    `Set settings.spool, or remove config.${path}.`,
  );

const notIdempotent = warning(
  'settings.kafka.idempotent is false beside settings.spool: what the spool sends again after an unanswered request is stored twice.',
  'Set settings.kafka.idempotent to true.',
);

/** Whether a push ends before the collector stops waiting for it. */
export function timeouts(target: Target): Verdict[] {
  const { deliveryTimeout, collectorTimeout, timeoutWarnings, path, name } = target;
  if (timeoutWarnings.length === 0)
    return [ok(`deliveryTimeout ${deliveryTimeout} ms ends before the collector's ${collectorTimeout} ms`)];
  return timeoutWarnings.map((text) => warning(text, `Change it in ${path}, destination "${name}".`));
}

const expressSource = '@walkeros/server-source-express';

/** Whether a source answers before delivery. `async` is true by default; newer versions take it by method, too. */
function answersFirst(source: unknown): boolean {
  if (propertyOf(source, 'package') !== expressSource) return false;
  const async = propertyOf(propertyOf(propertyOf(source, 'config'), 'settings'), 'async');
  if (!isObject(async)) return async !== false;
  const post = Object.entries(async).find(([method]) => method.toUpperCase() === 'POST');
  return post?.[1] !== false;
}

/** Where the configuration of a destination makes batches, such as `mapping.order.complete.batch`. */
function batchPaths({ batch: general, mapping }: DestinationConfig): string[] {
  const ofRules = entriesOf(mapping).flatMap(([entity, actions]) =>
    entriesOf(actions).flatMap(([action, rules]) => {
      const isBatched = [rules].flat().some((rule) => propertyOf(rule, 'batch') !== undefined);
      return isBatched ? [`mapping.${entity}.${action}.batch`] : [];
    }),
  );
  return [...(general === undefined ? [] : ['batch']), ...ofRules];
}
