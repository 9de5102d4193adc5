/** A push that was answered. */
export interface Answer {
  /** The event's number, ascending in the order of the pushes. */
  readonly n: number;
  /** From push to answer, in milliseconds. */
  readonly ms: number;
  /** Why it was rejected; none: acknowledged. */
  readonly failure?: string;
}

/** A record as the independent reader found it, each partition in its order. */
export interface Found {
  readonly n: number;
  readonly key: string;
  readonly partition: number;
  /** When it was stored, where the topic says so, in milliseconds since the epoch. */
  readonly time?: number;
}

/** A SIGKILL of our process. */
export interface Kill {
  /** When it was gone, in milliseconds since the epoch. */
  readonly at: number;
  /** The numbers of the events that its spool held then. */
  readonly spooled: readonly number[];
}

/** What a kill struck. */
export interface Struck {
  /** Records in the spool. */
  readonly spooled: number;
  /** Of these, stored in Kafka already: sent again under another producer id they would be stored twice. */
  readonly stored: number;
}

export interface Verdict {
  /** Pushes begun, answered or not. */
  readonly sent: number;
  readonly acknowledged: number;
  readonly rejected: number;
  /** Pushes that were never answered: their process was killed. */
  readonly unanswered: number;
  /** Acknowledged, and not stored. */
  readonly lost: number;
  /** Stored again, acknowledged or not. */
  readonly duplicates: number;
  /** Stored for the first time after a younger event of the same key, or in another partition than that key's. */
  readonly outOfOrder: number;
  /** Messages of rejections, the most frequent first. */
  readonly failures: readonly { readonly message: string; readonly count: number }[];
  readonly push: { readonly p50: number; readonly p99: number; readonly max: number };
  /** One for each kill, in their order; none: nobody was killed. */
  readonly kills?: readonly Struck[];
}

export interface Evidence {
  readonly sent: number;
  readonly answers: readonly Answer[];
  readonly found: readonly Found[];
  /** Events before this number went with a topic that was deleted on purpose. */
  readonly countFrom?: number;
  readonly kills?: readonly Kill[];
}

/** Sets what was promised against what is there. Pure: all it knows is in its argument. */
export function judge({ sent, answers, found, countFrom = 0, kills = [] }: Evidence): Verdict {
  const stored = new Set(found.map(({ n }) => n));
  const acknowledged = answers.filter(({ failure }) => failure === undefined);
  const rejected = answers.length - acknowledged.length;
  return {
    sent,
    acknowledged: acknowledged.length,
    rejected,
    unanswered: sent - answers.length,
    lost: acknowledged.filter(({ n }) => n >= countFrom && !stored.has(n)).length,
    duplicates: found.length - stored.size,
    outOfOrder: countOutOfOrder(found),
    failures: countFailures(answers),
    push: quantiles(answers.map(({ ms }) => ms)),
    ...(kills.length > 0 && { kills: struckBy(kills, found) }),
  };
}

function struckBy(kills: readonly Kill[], found: readonly Found[]): Struck[] {
  const times = new Map<number, number>();
  for (const { n, time = Infinity } of found) times.set(n, Math.min(time, times.get(n) ?? Infinity));
  return kills.map(({ at, spooled }) => ({
    spooled: spooled.length,
    stored: spooled.filter((n) => (times.get(n) ?? Infinity) <= at).length,
  }));
}

function countOutOfOrder(found: readonly Found[]): number {
  const seen = new Set<number>();
  const keys = new Map<string, { readonly partition: number; youngest: number }>();
  let count = 0;
  for (const { n, key, partition } of found) {
    if (seen.has(n)) continue;
    seen.add(n);
    const line = keys.get(key);
    if (line === undefined) keys.set(key, { partition, youngest: n });
    else if (line.partition !== partition || n < line.youngest) count++;
    else line.youngest = n;
  }
  return count;
}

function countFailures(answers: readonly Answer[]): Verdict['failures'] {
  const counts = new Map<string, number>();
  for (const { failure } of answers) {
    if (failure !== undefined) counts.set(failure, (counts.get(failure) ?? 0) + 1);
  }
  return [...counts].map(([message, count]) => ({ message, count })).sort((a, b) => b.count - a.count);
}

function quantiles(times: readonly number[]): Verdict['push'] {
  const sorted = [...times].sort((a, b) => a - b);
  const quantile = (share: number): number =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return { p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) };
}
