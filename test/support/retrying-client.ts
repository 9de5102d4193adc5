import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a 503 of the demo's source says of events that are not stored. */
interface Refusal {
  readonly failed?: readonly {
    readonly index: number;
    readonly retry: boolean;
    readonly mayHaveBeenWritten: boolean;
  }[];
}

/**
 * HTTP clients as careful users write them: what a 503 says may be stored later is sent again, alone, after the time that
 * Retry-After names. Each has one request of five events out at a time.
 */
export class RetryingClients {
  /** Ids of the events that an answer says are stored. */
  readonly acknowledged = new Set<string>();
  readonly sent = new Set<string>();
  /** Sent again although they may have been stored before: these may be there twice. */
  readonly doubtful = new Set<string>();
  readonly statuses = new Map<number, number>();
  readonly #origin: string;
  readonly #ended: Promise<unknown>;
  #stopping = false;

  constructor(origin: string, count: number) {
    this.#origin = origin;
    this.#ended = Promise.all(Array.from({ length: count }, (_, client) => this.#run(client)));
    this.#ended.catch(() => undefined);
  }

  /** No new events; resolves when each of those sent is acknowledged. @throws Error where an answer is neither 200 nor 503 */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#ended;
  }

  async #run(client: number): Promise<void> {
    for (let request = 0; !this.#stopping; request++) {
      let open = [0, 1, 2, 3, 4].map((n) => `${client}-${request}-${n}`);
      for (const id of open) this.sent.add(id);
      while (open.length > 0) open = await this.#post(open);
      await sleep(10);
    }
  }

  /** @returns what is to be sent again */
  async #post(ids: readonly string[]): Promise<string[]> {
    const response = await fetch(`${this.#origin}/collect`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(ids.map((id) => ({ name: 'order complete', data: { id } }))),
    });
    this.statuses.set(response.status, (this.statuses.get(response.status) ?? 0) + 1);
    const body = (await response.json()) as Refusal;
    const failed = new Map((body.failed ?? []).map((failure) => [failure.index, failure]));
    if (response.status === 200) assert.equal(failed.size, 0);
    else assert.ok(response.status === 503 && failed.size > 0, `${response.status} ${JSON.stringify(body)}`);
    const again: string[] = [];
    for (const [index, id] of ids.entries()) {
      const failure = failed.get(index);
      if (failure === undefined) this.acknowledged.add(id);
      else {
        assert.ok(failure.retry, JSON.stringify(failure));
        if (failure.mayHaveBeenWritten) this.doubtful.add(id);
        again.push(id);
      }
    }
    if (response.status === 503) await sleep(1_000 * Number(response.headers.get('retry-after')));
    return again;
  }
}

/** Reckons what Kafka has against what the clients were told. */
export function assertAllStored(
  { sent, acknowledged, doubtful }: RetryingClients,
  values: readonly (Buffer | null)[],
): void {
  const times = new Map<string, number>();
  for (const value of values) {
    const { id } = (JSON.parse(String(value)) as { data: { id: string } }).data;
    times.set(id, (times.get(id) ?? 0) + 1);
  }
  assert.deepEqual(
    [...acknowledged].filter((id) => !times.has(id)),
    [],
    'acknowledged, and not stored',
  );
  assert.equal(acknowledged.size, sent.size, 'all were acknowledged in the end');
  const twice = [...times].filter(([id, count]) => count > 1 && !doubtful.has(id));
  assert.deepEqual(twice, [], 'stored twice, though no answer said that it might be');
}
