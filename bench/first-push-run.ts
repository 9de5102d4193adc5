import type { Destination, WalkerOS } from '@walkeros/core';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { nth, readEvents } from './data.ts';
import type { Start } from './first-push-start.ts';
import { kafkaConfig, type KafkaChoice } from './flow-run.ts';
import type { RowContext, RowResult } from './row.ts';
import { median } from './statistics.ts';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('..', import.meta.url));

/** What `first-push-start.ts` is told. */
export interface StartChoice {
  /** The flow of a bundle, as a URL. Undefined: of this checkout's source. */
  readonly flow: string | undefined;
  readonly config: Destination.Config;
  /** A sink that waits, in place of the destination. */
  readonly sink: boolean;
  readonly events: readonly WalkerOS.Event[];
}

export interface FirstPushChoice extends Pick<KafkaChoice, 'client'> {
  readonly from: 'source' | 'bundle' | 'sink';
}

/** So many pushes one after the other: the first, the second, and some that say what the second was of. */
const pushes = 10;

/**
 * Starts a flow `context.events` times, each in a process of its own, which is up for a second before its first event.
 * Medians of the times, and the worst of the blocks; in milliseconds.
 */
export async function runFirstPush(context: RowContext, choice: FirstPushChoice): Promise<RowResult> {
  const { brokers, topic, events: times } = context;
  const folder = mkdtempSync(join(tmpdir(), 'first-push-'));
  try {
    const events = readEvents();
    const start: StartChoice = {
      flow: choice.from === 'bundle' ? await bundle(folder) : undefined,
      config: choice.from === 'sink' ? {} : kafkaConfig(context, { client: choice.client }),
      sink: choice.from === 'sink',
      events: Array.from({ length: pushes }, (_, index) => nth(events, index)),
    };
    const env = {
      ...process.env,
      BENCH_START: JSON.stringify(start),
      BENCH_BROKER: brokers[0],
      BENCH_TOPIC: topic,
      BENCH_CLIENT: choice.client,
    };
    const starts: Start[] = [];
    for (let n = 0; n < times; n++) {
      const { stdout } = await run(process.execPath, [child], { env });
      starts.push(JSON.parse(stdout) as Start);
    }
    const stored = choice.from === 'sink' ? 0 : times * pushes;
    return { figures: figuresOf(starts), stored };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const child = fileURLToPath(new URL('first-push-start.ts', import.meta.url));

function figuresOf(starts: readonly Start[]): RowResult['figures'] {
  const of = (figure: (start: Start) => number): number => median(starts.map(figure));
  const worst = (figure: (start: Start) => number): number => Math.max(...starts.map(figure));
  const push = (index: number): ((start: Start) => number) => {
    return (start) => start.pushes[index]?.wall ?? NaN;
  };
  const pushMain = (index: number): ((start: Start) => number) => {
    return (start) => start.pushes[index]?.main ?? NaN;
  };
  return {
    load: of(({ load }) => load.main),
    start: of(({ start }) => start.wall),
    startBlock: worst(({ start }) => start.block),
    startBlockMain: worst(({ start }) => start.blockMain),
    upMain: of(({ up }) => up.main),
    upBlock: worst(({ up }) => up.block),
    upBlockMain: worst(({ up }) => up.blockMain),
    first: of(push(0)),
    firstMain: of(pushMain(0)),
    firstBlock: worst((start) => start.pushes[0]?.block ?? NaN),
    firstBlockMain: worst((start) => start.pushes[0]?.blockMain ?? NaN),
    second: of(push(1)),
    secondMain: of(pushMain(1)),
    firstRatio: of((start) => push(0)(start) / push(1)(start)),
    later: of(({ pushes }) => median(pushes.slice(2).map(({ wall }) => wall))),
    idleCpu: of(({ idle }) => idle.cpu),
    wakeUps: of(({ idle }) => idle.wakeUps),
  };
}

/** `walkeros bundle` of this checkout's package, as users make it; needs a build, and the registry for the rest. */
async function bundle(folder: string): Promise<string> {
  const require = createRequire(import.meta.url);
  const kafka = { brokers: ['$env.BENCH_BROKER'], topic: '$env.BENCH_TOPIC', client: '$env.BENCH_CLIENT' };
  const flow = {
    config: {
      platform: 'server',
      bundle: {
        packages: {
          '@walkeros/collector': { version: versionOf(require.resolve('@walkeros/collector')) },
          'walkeros-destination-kafka': { path: repository },
        },
      },
    },
    sources: {},
    destinations: {
      kafka: {
        package: 'walkeros-destination-kafka',
        config: { settings: { kafka: { ...kafka, key: 'user.session' } } },
      },
    },
  };
  writeFileSync(join(folder, 'flow.json'), JSON.stringify({ version: 4, flows: { default: flow } }));
  const { stdout: registry } = await run('npm', ['config', 'get', 'registry'], { cwd: repository });
  writeFileSync(join(folder, '.npmrc'), `registry=${registry.trim()}\n`);
  const cli = join(dirname(require.resolve('@walkeros/cli')), 'cli.js');
  const env = { ...process.env, TMPDIR: folder };
  await run(process.execPath, [cli, 'bundle', 'flow.json', '--output', 'out/'], { cwd: folder, env });
  return pathToFileURL(join(folder, 'out', 'flow.mjs')).href;
}

function versionOf(file: string): string {
  const manifest = join(dirname(file), '..', 'package.json');
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
