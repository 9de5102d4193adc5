import { KafkaError, kafkaErrorOf } from '../../../model/errors.ts';
import { plural } from '../../../model/plural.ts';
import { ok, warning, type Result } from '../report.ts';
import type { Target } from '../target.ts';

/** How many of the records that Kafka refused wait for somebody. Says nothing where none are kept. */
export async function letters({ deadLetters, path, name }: Target): Promise<Result> {
  if (deadLetters === undefined) return [];
  const { topic } = deadLetters;
  const counts = await deadLetters.count().catch(kafkaErrorOf);
  // A topic that is missing was told of.
  if (counts instanceof KafkaError) return counts.code === 'TOPIC_MISSING' ? 'needs topics' : counts.message;
  const { held, waiting } = counts;
  if (waiting === undefined && held > 0)
    return ok(`"${topic}": ${plural(held, 'dead letter')}; how many were re-sent is not told to this user`);
  if (waiting === undefined || waiting === 0) return ok(`"${topic}": no dead letter waits`);
  const these = `${path} --destination ${name}`;
  return warning(
    `${plural(waiting, 'dead letter')} in "${topic}" ${waiting === 1 ? 'waits' : 'wait'} to be re-sent.`,
    `See why: "walkeros-kafka dead-letters list ${these}". Once that is mended: "walkeros-kafka dead-letters resend ${these}".`,
  );
}
