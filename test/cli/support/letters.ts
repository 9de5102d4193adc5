import { numbered, upTo } from '../../support/load.ts';
import { runFlow } from '../../support/flow.ts';

/** What a destination would have written about a refused record; see `src/producer/dead-letter.ts`. */
export const refusal = (topic: string, code = 'MESSAGE_TOO_LARGE') => ({
  'walkeros-dead-letter-topic': topic,
  'walkeros-dead-letter-code': code,
  'walkeros-dead-letter-message': `Topic "${topic}": the broker answered ${code}.`,
  'walkeros-dead-letter-attempts': '1',
  'walkeros-dead-letter-time': '2026-11-23T08:00:00.000Z',
});

/**
 * Fills a dead-letter topic with numbered events that a topic is said to have refused: thousands that really are refused
 * would take a request each.
 */
export async function fillDeadLetters(
  brokers: string[],
  dead: string,
  {
    count,
    headers,
    first = 0,
    id,
  }: { count: number; headers: Record<string, string>; first?: number; id?: string },
): Promise<void> {
  const flow = await runFlow({
    kafka: { brokers, topic: dead, key: 'data.key', headers: { team: 'web', ...headers } },
  });
  const results = await Promise.all(
    upTo(count).map((n) => flow.push({ ...numbered(first + n, 50), ...(id && { id }) })),
  );
  await flow.stop();
  if (results.some(({ ok }) => !ok)) throw new Error(flow.log.join('\n'));
}
