import { setTimeout as sleep } from 'node:timers/promises';

export interface VisitorsOptions {
  readonly origin: string;
  readonly visitors: number;
  readonly seconds: number;
  /** Names this run's sessions: `<prefix>-<visitor>`. */
  readonly prefix: string;
  /** Called every second. */
  readonly onSecond?: () => void;
}

export interface Visits {
  /** For each session, how many events were answered with 200; event n has `data.n` n. */
  readonly answered: ReadonlyMap<string, number>;
  readonly total: number;
  /** Whatever was not answered with 200. */
  readonly troubles: readonly string[];
}

/**
 * Many visitors at once, each as the demo's page behaves: one request at a time, and what happened meanwhile goes with
 * the next one.
 */
export async function visit({
  origin,
  visitors,
  seconds,
  prefix,
  onSecond,
}: VisitorsOptions): Promise<Visits> {
  const answered = new Map<string, number>();
  const troubles: string[] = [];
  const end = performance.now() + seconds * 1000;

  async function visitor(number: number): Promise<void> {
    const session = `${prefix}-${number}`;
    answered.set(session, 0);
    for (let n = 0; performance.now() < end;) {
      const events = Array.from({ length: 1 + (n % 7) }, (_, index) => eventOf(session, n + index));
      const response = await fetch(`${origin}/collect`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(events),
      });
      const text = await response.text();
      if (response.status !== 200) {
        troubles.push(`${response.status} ${text}`);
        return;
      }
      n += events.length;
      answered.set(session, n);
      await sleep(20 + (number % 10) * 5);
    }
  }

  const everySecond = setInterval(() => onSecond?.(), 1000);
  await Promise.all(Array.from({ length: visitors }, (_, number) => visitor(number)));
  clearInterval(everySecond);
  return { answered, total: [...answered.values()].reduce((sum, count) => sum + count, 0), troubles };
}

const eventOf = (session: string, n: number) => ({
  name: n % 5 === 0 ? 'page view' : 'product view',
  user: { session },
  data: { n, text: 'x'.repeat(400) },
  context: { shopping: ['list', 0] },
});

/** Sessions of which something is missing, stands twice or out of order, in words; none where all is well. */
export function faultsOf(
  { answered }: Visits,
  records: readonly { readonly key: Buffer | null; readonly value: Buffer | null }[],
): string[] {
  const stored = new Map<string, number[]>();
  for (const { key, value } of records) {
    const session = key?.toString() ?? '';
    if (!answered.has(session)) continue;
    const { n } = (JSON.parse(value?.toString() ?? '') as { data: { n: number } }).data;
    const numbers = stored.get(session);
    if (numbers) numbers.push(n);
    else stored.set(session, [n]);
  }
  return [...answered].flatMap(([session, count]) => {
    const numbers = stored.get(session) ?? [];
    const asSent = numbers.length === count && numbers.every((n, index) => n === index);
    return asSent ? [] : [`${session}: ${count} answered, stored ${numbers.slice(0, 20).join()}…`];
  });
}
