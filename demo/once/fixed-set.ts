import { setTimeout as sleep } from 'node:timers/promises';
import { differences } from './compare.ts';
import { fixedEvents, type FixedRequest } from './fixed-events.ts';
import { paint, printable } from '../terminal/paint.ts';
import type { Session } from '../session.ts';

/** The consumer's start is most of it: some seconds, on a small and busy machine many. Milliseconds. */
const deadline = 60_000;

/**
 * Sends the fixed set over HTTP and waits until all of it is read back.
 * @returns what is not as it should be; nothing when all is there
 */
export async function sendFixedSet({ origin, run, records }: Session): Promise<string[]> {
  const { requests, expected } = fixedEvents(Date.now());
  console.log('');
  const refused: string[] = [];
  for (const request of requests) refused.push(...(await post(`${origin}/collect`, request)));
  if (refused.length > 0) return refused;

  const end = performance.now() + deadline;
  while (records.length < expected.length && performance.now() < end) await sleep(20);
  const problems = differences(expected, records, run);
  return records.length < expected.length
    ? [...problems, `(waited ${deadline / 1000} s for the consumer)`]
    : problems;
}

async function post(url: string, { title, body }: FixedRequest): Promise<string[]> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = printable(await response.text());
  console.log(`  POST /collect  ${title.padEnd(18)}  ${paint('dim', `${response.status} ${answer}`)}`);
  return response.status === 200 ? [] : [`${title}: answered with ${response.status} ${answer}`];
}
