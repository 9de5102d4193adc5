import assert from 'node:assert/strict';
import type { Settings } from '../../src/types.ts';
import { fillDeadLetters, refusal } from '../cli/support/letters.ts';
import { flowFile, run } from '../cli/support/run.ts';
import { freshName } from './broker.ts';
import { event } from './flow.ts';
import { numbered, openFlow, upTo } from './load.ts';
import { runSetup } from './setup.ts';
import { tempFolder } from './temp.ts';

const folder = tempFolder();

export type Client = NonNullable<Settings['kafka']['client']>;

/** Setup creates a topic, and finds it there the second time. @returns its name */
export async function setsUp(brokers: string[], client: Client): Promise<string> {
  const topic = freshName('set-up');
  const settings = { kafka: { brokers, topic, client } };
  const setup = { numPartitions: 2, replicationFactor: 1 };
  const first = await runSetup(settings, setup);
  assert.deepEqual(first.result, { topicCreated: true, schemaRegistered: false });
  const second = await runSetup(settings, setup);
  assert.deepEqual(second.result, { topicCreated: false, schemaRegistered: false });
  assert.ok(second.log.includes(`INFO Kafka topic "${topic}" is there, as declared.`), second.log.join('\n'));
  return topic;
}

/** Twenty events are stored, and `tail` shows them. */
export async function storesAndShows(kafka: Settings['kafka']): Promise<void> {
  const flow = await openFlow({ kafka: { key: 'data.key', ...kafka } });
  const results = await Promise.all(upTo(20).map((n) => flow.push(numbered(n, 5))));
  await flow.stop();
  assert.ok(
    results.every(({ ok }) => ok),
    flow.log.join('\n'),
  );
  const words = ['--brokers', kafka.brokers.join(), '--from-beginning', '--to-end', '--json'];
  const shown = await run(['tail', kafka.topic as string, ...words]);
  assert.equal(shown.code, 0, shown.notes.join('\n'));
  const numbers = shown.lines.map(
    (line) => (JSON.parse(line) as { value: { data: { n: number } } }).value.data.n,
  );
  assert.deepEqual(
    numbers.sort((a, b) => a - b),
    upTo(20),
  );
}

/**
 * Dead letters are listed and sent again, once: of two runs at the same time one sends nothing, and neither does a later one.
 * Without the lease both runs sent all of them, and both said so.
 */
export async function resends(brokers: string[], topic: string, dead: string): Promise<void> {
  await fillDeadLetters(brokers, dead, { count: 3, headers: refusal(topic) });
  const path = flowFile(folder, { settings: { kafka: { brokers, topic }, deadLetter: { topic: dead } } });
  const listed = await run(['dead-letters', 'list', path, '--json']);
  assert.equal(listed.lines.length, 3, listed.notes.join('\n'));
  const resend = () => run(['dead-letters', 'resend', path]);
  const both = await Promise.all([resend(), resend()]);
  const [nothing, all] = both.toSorted((one, other) => one.lines.length - other.lines.length);
  assert.deepEqual(all?.lines, [`3 to "${topic}"`, '3 dead letters re-sent']);
  // A run that sees the lease waits, and the other one may end meanwhile.
  const last = nothing?.lines.at(-1) ?? nothing?.notes.at(-1) ?? '';
  assert.match(last, /^0 dead letters re-sent$|another resend is at work on it/);
  const later = await resend();
  assert.deepEqual(later.lines.slice(-1), ['0 dead letters re-sent'], later.notes.join('\n'));
}

/** The doctor finds nothing that keeps events from this topic. @returns what it prints */
export async function isWell(brokers: string[], topic: string): Promise<readonly string[]> {
  const { code, lines } = await run([
    'doctor',
    flowFile(folder, { settings: { kafka: { brokers, topic } } }),
  ]);
  assert.equal(code, 0, lines.join('\n'));
  return lines;
}

/** @returns what the push failed with */
export async function refuses(kafka: Settings['kafka']): Promise<string> {
  const flow = await openFlow({ kafka: { deliveryTimeout: 1_500, ...kafka } });
  const result = await flow.push(event());
  await flow.stop();
  const error: unknown = result.failed?.['kafka']?.error;
  assert.ok(error instanceof Error, flow.log.join('\n'));
  return error.message;
}
