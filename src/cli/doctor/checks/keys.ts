import { kafkaErrorOf } from '../../../model/errors.ts';
import { plural } from '../../../model/plural.ts';
import { ok, warning, type Verdict } from '../report.ts';
import type { Target } from '../target.ts';

/** Whether `settings.kafka.key` is found in the events that came last. Says nothing where it is not set. */
export async function keys({ keys }: Target): Promise<Verdict[] | string> {
  if (keys === undefined) return [];
  const verdicts: Verdict[] = [];
  for (const topic of keys.topics) {
    try {
      verdicts.push(verdictOf(topic, await keys.count(topic)));
    } catch (thrown) {
      const { code, message } = kafkaErrorOf(thrown);
      // A topic that is missing was told of.
      if (code === 'TOPIC_MISSING') continue;
      return code === 'NOT_AUTHORIZED'
        ? `this user may not read "${topic}"; --login names one who may`
        : message;
    }
  }
  return verdicts;
}

function verdictOf(
  topic: string,
  { records, fallbacks }: { readonly records: number; readonly fallbacks: number },
): Verdict {
  if (records === 0) return ok(`"${topic}": no record to look at`);
  const seen = `the last ${plural(records, 'record')}`;
  if (fallbacks === 0) return ok(`"${topic}": none of ${seen} has the name of its event as key`);
  return warning(
    `"${topic}": ${fallbacks} of ${seen} ${fallbacks === 1 ? 'has the name of its event' : 'have the names of their events'} as key, ` +
      'since settings.kafka.key, or that of a rule, found none in the event: all events of a name are in one partition.',
    'Correct the path, or add a fallback: ["user.id", "user.device"].',
  );
}
