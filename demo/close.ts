import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaCluster } from '../scripts/kafka/cluster.ts';
import type { Reader } from './reader.ts';
import { endsOf, grown, type Ends } from './topics.ts';

export interface Closing {
  readonly flow: {
    /** Events that the destination has acknowledged so far. */
    accepted(): number;
    /** Stops intake, answers what is in flight, sends what waits. */
    shutdown(): Promise<unknown>;
  };
  readonly reader: Pick<Reader, 'stop' | 'failed'>;
  readonly cluster: Pick<KafkaCluster, 'stop' | 'direct'>;
  /** Where the topics ended before the run. */
  readonly ends: Ends;
  /** How many records of this run were read back so far. */
  readonly readBack: () => number;
  /** How many the destination keeps on disk, because Kafka does not take them. */
  readonly kept: () => Promise<number>;
}

export interface Summary {
  readonly accepted: number;
  readonly readBack: number;
  readonly kept: number;
  /** What the broker counts, asked only where not everything was read back; undefined when it did not answer. */
  readonly stored: number | undefined;
}

/** Milliseconds from the beginning of the end: five seconds are promised, so each step gives way to the next in time. */
const steps = { flow: 3400, reading: 4000, counting: 4400, stopping: 4800 };

/**
 * Ends everything in the order in which nothing is lost: intake, what is in flight, the reading back, then the consumer
 * and the broker.
 */
export async function closeInTime({
  flow,
  reader,
  cluster,
  ends,
  readBack,
  kept: depth,
}: Closing): Promise<Summary> {
  const begin = performance.now();
  const left = (until: number): number => Math.max(0, begin + until - performance.now());

  await atMost(left(steps.flow), flow.shutdown());
  const accepted = flow.accepted();
  const kept = (await atMost(left(steps.flow + 200), depth())) ?? 0;
  let reading = true;
  reader.failed.catch(() => (reading = false));
  while (readBack() + kept < accepted && reading && left(steps.reading) > 0) await sleep(20);
  // A consumer that is still starting has read nothing yet; the broker knows what it has.
  const after =
    readBack() + kept < accepted ? await atMost(left(steps.counting), endsOf(cluster.direct)) : undefined;
  await atMost(left(steps.stopping), Promise.all([reader.stop(), cluster.stop()]));
  return { accepted, readBack: readBack(), kept, stored: after && grown(ends, after) };
}

/** Undefined when it is not done in time, or fails. */
async function atMost<Answer>(milliseconds: number, work: Promise<Answer>): Promise<Answer | undefined> {
  const over = new AbortController();
  const late = sleep(milliseconds, undefined, { signal: over.signal }).catch(() => undefined);
  try {
    return await Promise.race([work.catch(() => undefined), late]);
  } finally {
    over.abort();
  }
}

/** Whether all that was acknowledged is in Kafka, as far as could be seen. */
export const isComplete = ({ accepted, readBack, kept, stored = 0 }: Summary): boolean =>
  Math.max(readBack, stored) + kept >= accepted;

/** The last line. */
export function describe(summary: Summary): string {
  const { accepted, readBack, kept, stored } = summary;
  const counts = `${accepted} accepted, ${readBack} read back`;
  if (kept > 0 && isComplete(summary))
    return `${counts}, ${kept} kept on disk until Kafka takes them: nothing lost.`;
  if (readBack >= accepted) return `${counts}: nothing lost.`;
  if (stored === undefined) return `${counts}; Kafka did not say in time how many it holds.`;
  if (stored + kept < accepted)
    return `${counts}, and Kafka holds only ${stored}: ${accepted - stored - kept} lost.`;
  return `${counts}; the consumer was not given the time for the rest, and Kafka holds ${stored}: nothing lost.`;
}
