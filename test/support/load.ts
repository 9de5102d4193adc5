import { after } from 'node:test';
import type { Elb } from '@walkeros/core';
import { event, runFlow, type TestFlow } from './flow.ts';
import type { StoredRecord } from './reader.ts';

/** Milliseconds between two bursts of a steady load. */
const tick = 10;

export interface Load {
  /** Pushes that are not answered yet. */
  readonly pending: number;
  /** Pushes begun so far; the next event has this number. */
  readonly begun: number;
  /** Pushes answered with "stored" so far. */
  readonly accepted: number;
  /** Pushes no more, and resolves once every push is answered. @returns what failed, by event number, with its reason */
  stop(): Promise<Map<number, string>>;
}

/** Events with an ascending number, `data.n`, spread over keys (`data.key`): what came out tells what was lost. */
export const numbered = (n: number, keys: number) =>
  event({ data: { n, key: `key-${String(n % keys)}` }, timestamp: 1_700_000_000_000 + n });

/** `runFlow` that ends with its test, also when that fails: a flow left open would keep the process from ending. */
export async function openFlow(...settings: Parameters<typeof runFlow>): Promise<TestFlow> {
  const flow = await runFlow(...settings);
  after(() => flow.stop());
  return flow;
}

/** Pushes at a steady rate, whatever the answers, as visitors do. The first event opens the destination, alone. */
export async function startLoad(
  flow: TestFlow,
  { perTick, keys }: { readonly perTick: number; readonly keys: number },
): Promise<Load> {
  const failures = new Map<number, string>();
  const pushes: Promise<void>[] = [];
  let pending = 0;
  let accepted = 0;
  const push = () => {
    const n = pushes.length;
    pending++;
    const answered = flow.push(numbered(n, keys)).then((result) => {
      pending--;
      if (result.ok) accepted++;
      else failures.set(n, failureOf(result) ?? 'no reason');
    });
    pushes.push(answered);
    return answered;
  };
  await push();
  const timer = setInterval(() => {
    for (let count = 0; count < perTick; count++) void push();
  }, tick);
  after(() => clearInterval(timer));
  return {
    get pending() {
      return pending;
    },
    get begun() {
      return pushes.length;
    },
    get accepted() {
      return accepted;
    },
    async stop() {
      clearInterval(timer);
      await Promise.all(pushes);
      return failures;
    },
  };
}

/** What the destination "kafka" threw, if it threw. */
export function failureOf(result: Elb.PushResult): string | undefined {
  if (result.ok) return undefined;
  const error: unknown = result.failed?.['kafka']?.error;
  return error instanceof Error ? error.message : String(error);
}

export interface Account {
  /** Numbers that were expected and are not stored. */
  readonly lost: number[];
  /** Records beyond the first of their number. */
  readonly duplicates: number;
  /** Keys whose first occurrences are not in ascending order in a partition. */
  readonly disordered: string[];
}

/** Reckons what is stored against the numbers that must be. */
export function account(stored: readonly StoredRecord[], expected: Iterable<number>): Account {
  const seen = new Set<number>();
  const last = new Map<string, number>();
  const disordered = new Set<string>();
  for (const { partition, value } of stored) {
    const { n, key } = numberOf(value);
    if (seen.has(n)) continue;
    seen.add(n);
    const queue = `${key} in partition ${String(partition)}`;
    if (n < (last.get(queue) ?? -1)) disordered.add(queue);
    last.set(queue, n);
  }
  const lost = [...expected].filter((n) => !seen.has(n));
  return { lost, duplicates: stored.length - seen.size, disordered: [...disordered] };
}

export function numberOf(value: Buffer | null): { n: number; key: string } {
  return (JSON.parse(String(value)) as { data: { n: number; key: string } }).data;
}

/** 0 … count − 1. */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
