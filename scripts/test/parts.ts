import { availableParallelism } from 'node:os';

export interface PartOptions {
  /** Needs the shared Kafka. */
  readonly broker: boolean;
  /** Each file has a process of its own. Otherwise the files share `concurrency` processes. */
  readonly perFile: boolean;
  /** Processes at a time. */
  readonly concurrency: number;
  /** For each test. */
  readonly timeoutMs: number;
  /** Files that come before the others, the longest first: what takes a minute and begins last is waited for alone. */
  readonly first?: readonly string[];
}

/** In the order they run: what answers soonest, and explains most of the rest, comes first. */
export const parts = {
  // To start a process and load the package costs 0.4 s, more than most files take. Half of the time is timers that are
  // waited for, so there are more processes than cores.
  unit: { broker: false, perFile: false, concurrency: 4 * availableParallelism(), timeoutMs: 60_000 },
  // How long it takes is for the machine to say: a broker that spoils its answers, and two clients in processes of their own,
  // which wait most of the time. In the background of the parts that wait for the shared broker.
  fuzz: { broker: false, perFile: true, concurrency: 1, timeoutMs: 900_000 },
  // On a busy machine the `describe` "produce", with its Java consumers, took 133 s.
  contract: { broker: true, perFile: true, concurrency: 2, timeoutMs: 300_000 },
  // Mostly waiting: for brokers to start, for time-outs to end. More files at a time starve each other's clusters.
  integration: { broker: true, perFile: true, concurrency: 2, timeoutMs: 180_000 },
  cli: { broker: true, perFile: true, concurrency: 2, timeoutMs: 180_000 },
  // Looked at by compilers and linters, which take no broker: in the background of the parts before, where there are any.
  package: { broker: false, perFile: true, concurrency: 1, timeoutMs: 240_000 },
  // A cluster of its own; the whole suite is `npm run chaos`.
  chaos: { broker: false, perFile: true, concurrency: 1, timeoutMs: 300_000 },
  bundle: {
    broker: true,
    perFile: true,
    concurrency: 2,
    timeoutMs: 240_000,
    first: ['deployment', 'newcomer', 'contract', 'push', 'bundle', 'slow-push', 'setup-command', 'run'],
  },
  // Brings a broker of its own, which it stops and starts.
  browser: { broker: false, perFile: true, concurrency: 1, timeoutMs: 180_000 },
  // Only where it is asked for: Flink and Spark are 650 MB to bring, and slow to start.
  downstream: { broker: true, perFile: true, concurrency: 1, timeoutMs: 1_200_000 },
} satisfies Record<string, PartOptions>;

export type Part = keyof typeof parts;

export const optionsOf = (part: Part): PartOptions => parts[part];

/** What `npm test` runs. */
export const defaultParts: readonly Part[] = [
  'unit',
  'contract',
  'integration',
  'cli',
  'fuzz',
  // Before `bundle`, which builds and packs the same dist/.
  'package',
  'bundle',
  'chaos',
  'browser',
];

export const isPart = (name: string): name is Part => Object.hasOwn(parts, name);
