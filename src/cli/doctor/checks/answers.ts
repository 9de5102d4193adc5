import type { Check } from '../check.ts';
import { ok, warning, type Verdict } from '../finding.ts';
import type { Answers } from '../patient.ts';

/** Whether the flow says `ok` for events that neither Kafka nor the spool has. docs/acknowledgements.md has the whole table. */
export const answers: Check = {
  name: 'answers',
  needs: ['settings'],
  examine({ answers: flow, spool }) {
    const found = [
      ...flow.earlySources.map(earlySource),
      ...(flow.breaker ? [breaker] : []),
      ...(flow.cache ? [cache] : []),
      ...(spool === undefined ? flow.batches.map(batch) : []),
      ...(spool !== undefined && !flow.idempotent ? [notIdempotent] : []),
    ];
    return Promise.resolve(found.length > 0 ? found : [ok(meaningOf(flow))]);
  },
};

const meaningOf = ({ batches }: Answers): string =>
  batches.length > 0
    ? 'an ok means that the event is in a batch, in memory'
    : 'an ok means that Kafka, the spool or the dead-letter topic has the event';

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
