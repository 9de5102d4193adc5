import { createTopic, deleteTopic, recordCounts } from '../scripts/kafka/topics.ts';
import type { Arguments } from './arguments.ts';
import { runAlone } from './isolation.ts';
import type { PartName } from './parts.ts';
import { Skipped, type Figures, type Part, type Row, type RowContext } from './row.ts';

/** A row's figures, one entry a round; or why there are none. */
export type Runs = ReadonlyMap<string, readonly Figures[] | Skipped>;

/** The events are years old by their timestamps: the broker would drop them as expired, at some moment of the run. */
const topicConfig = {
  'retention.ms': '-1',
  // The broker's first entry in the index of a partition waits for the disk, 30 ms: 420 of them held up two requests for 5 and 10 s.
  'index.interval.bytes': String(2 ** 30),
};
const limitMs = 20_000;

/**
 * Runs a part's rows in turns, A B C … A B C …, so that a machine that slows down or speeds up does so for all.
 * A row that fails is left out of the later rounds, and the others go on: minutes of figures are not thrown away.
 */
export async function runRounds(
  name: PartName,
  part: Part,
  options: Arguments,
  { brokers, link }: Pick<RowContext, 'brokers' | 'link'>,
  onRun: (row: string, round: number, outcome: Figures | Skipped) => void,
): Promise<Runs> {
  const rows = part.rows.filter((row) => row.name.includes(options.row));
  const runs = new Map<string, Figures[] | Skipped>(rows.map((row) => [row.name, []]));
  for (let round = 1; round <= options.rounds; round++) {
    for (const row of rows) {
      const past = runs.get(row.name);
      if (past === undefined || past instanceof Skipped) continue;
      const outcome = await runOnce(name, part, row, round, options, { brokers, link }).catch(
        (error: unknown) => new Skipped(error instanceof Error ? error.message : String(error), true),
      );
      if (outcome instanceof Skipped) runs.set(row.name, outcome);
      else past.push(outcome);
      onRun(row.name, round, outcome);
    }
  }
  return runs;
}

async function runOnce(
  name: PartName,
  part: Part,
  row: Row,
  round: number,
  options: Arguments,
  { brokers, link }: Pick<RowContext, 'brokers' | 'link'>,
): Promise<Figures | Skipped> {
  const events = Math.ceil(
    (options.events ?? (options.quick ? part.quickEvents : part.events)) * (row.share ?? 1),
  );
  const topic = `bench-${name}-${String(part.rows.indexOf(row))}-${String(round)}-${String(process.pid)}`;
  await createTopic(brokers, topic, { partitions: row.partitions ?? 6, config: topicConfig });
  try {
    const context = { brokers, topic, events, warmUp: Math.ceil(events / 4), limitMs, link };
    const answer = await runAlone(name, row, context, options.profile ? options.out : undefined);
    if (answer.kind === 'skipped') return new Skipped(answer.reason);
    await check(brokers, topic, answer.result.stored, row.name);
    return answer.result.figures;
  } finally {
    await deleteTopic(brokers, topic);
  }
}

/** A row that loses records is fast; that must show. More than expected are duplicates, no less a fault here. */
async function check(
  brokers: readonly string[],
  topic: string,
  expected: number | undefined,
  row: string,
): Promise<void> {
  if (expected === undefined) return;
  const counts = await recordCounts(brokers, topic);
  const stored = counts.reduce((sum, count) => sum + count, 0);
  if (stored !== expected) throw new Error(`${row}: ${stored} records are stored, ${expected} should be`);
}
