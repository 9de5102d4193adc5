import { setTimeout as sleep } from 'node:timers/promises';
import { openSpool } from '../../spool/open.ts';
import { mustExist, readSpool, type SpoolStatus } from '../../spool/status.ts';
import { createLog, logClock, type Logger } from '../../telemetry/log.ts';
import { errorTraits, KafkaError, type ErrorCode } from '../../model/errors.ts';
import type { Notice } from '../../model/notice.ts';
import type { Spool } from '../../model/spool.ts';
import type { Configured } from './configured.ts';
import { openDelivery } from './delivering.ts';

export interface DrainRequest {
  readonly signal: AbortSignal;
  /** Records that have left the spool, and those there were. */
  readonly onProgress: (done: number, all: number) => void;
  readonly logger: Logger;
}

/** Counts of records. */
export interface DrainResult {
  /** To the topics they were meant for. */
  readonly delivered: number;
  /** Refused by the broker, and stored in the dead-letter topic. */
  readonly deadLettered: number;
  /** Waiting still, where it was stopped. */
  readonly left: number;
  /** By the broker; they stay in the spool. */
  readonly refused: number;
}

/** How often it is looked what is left. Milliseconds. */
const lookEvery = 200;
/** How long nothing may be delivered, in ms. */
export interface DrainPatience {
  /** By a cluster that may come back. */
  readonly away: number;
  /** By one that refuses the settings: longer than it takes to see a new user or certificate on all brokers. */
  readonly refused: number;
}

const drainPatience: DrainPatience = { away: 60_000, refused: 10_000 };
/** For what is out at the end to be acknowledged. Milliseconds. */
const drainTimeout = 4_000;

/** What the spool of a destination holds. @throws KafkaError SETTINGS_INVALID, SPOOL_UNAVAILABLE */
export function spoolStatus(configured: Configured): Promise<SpoolStatus> {
  return readSpool(spoolOf(configured).path);
}

/**
 * Delivers everything that waits in the spool of a destination, in order, and ends. What is delivered leaves the spool as it
 * is acknowledged: a run that is ended early is taken up by the next, or by the flow.
 * @param open whom it is delivered by
 * @throws KafkaError SPOOL_IN_USE while a flow has the spool, SPOOL_UNAVAILABLE, or what keeps the cluster from taking anything
 */
export async function drainSpool(
  configured: Configured,
  { signal, onProgress, logger }: DrainRequest,
  patience: DrainPatience = drainPatience,
  open = openDelivery,
): Promise<DrainResult> {
  const { options } = configured;
  const { path, maxBytes } = spoolOf(configured);
  mustExist(path);
  const obstacles = new Obstacles(logger);
  let refused = 0;
  let deadLettered = 0;
  const log = createLog(logger, logClock);
  const count = (notice: Notice): void => {
    if (notice.kind === 'spool-refused' || notice.kind === 'spool-row-damaged') refused += 1;
    if (notice.kind === 'dead-lettered') deadLettered += 1;
    log(notice);
  };
  const file = await openSpool({ path, maxBytes, patience: 0 }, count);
  try {
    const all = file.level().records;
    // What it tells of itself: to count the file would hold up what is being delivered.
    const left = (): number => file.level().records - refused;
    const settings = {
      deliveryTimeout: options.deliveryTimeout,
      deadLetterTopic: options.deadLetter?.topic,
      spool: { file, always: false },
      onAsked: (topic: string, failure: KafkaError | undefined) => obstacles.asked(topic, failure),
    };
    const { delivery, close } = await open(options, settings, (notice) => {
      if ('error' in notice) obstacles.last = notice.error;
      count(notice);
    });
    const look = (): number => {
      const waiting = left();
      onProgress(all - waiting - refused, all);
      return waiting;
    };
    try {
      await untilEmpty(path, look, signal, obstacles, patience);
    } finally {
      await delivery.close(drainTimeout);
      await close();
    }
    // One that the spool has taken in the meantime is told as stored as well.
    const letters = deadLettered > 0 ? waitingFor(file, options.deadLetter?.topic) : 0;
    deadLettered -= Math.min(deadLettered, letters);
    return { delivered: all - left() - refused - deadLettered, deadLettered, left: left(), refused };
  } finally {
    log.flush();
    await file.close();
  }
}

function waitingFor(file: Spool, topic: string | undefined): number {
  const places = file.places().filter((place) => place.topic === topic);
  return places.reduce((sum, { records }) => sum + records, 0);
}

/** Why nothing is delivered, as far as it is known. */
class Obstacles {
  /** Of what was sent. */
  last: KafkaError | undefined;
  /** Topics that the cluster does not tell of: nothing is sent to them. */
  readonly #unanswered = new Map<string, KafkaError>();
  readonly #told = new Set<ErrorCode>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Said at once, for whoever waits at the terminal, and once. */
  asked(topic: string, failure: KafkaError | undefined): void {
    this.#unanswered.delete(topic);
    if (failure === undefined) return;
    this.#unanswered.set(topic, failure);
    // A notice tells of that.
    if (failure.code === 'TOPIC_MISSING' || this.#told.has(failure.code)) return;
    this.#told.add(failure.code);
    this.#logger.warn(failure.message);
  }

  get reason(): KafkaError | undefined {
    return [...this.#unanswered.values()].at(-1) ?? this.last;
  }
}

/** @param look says how much waits */
async function untilEmpty(
  path: string,
  look: () => number,
  signal: AbortSignal,
  obstacles: Obstacles,
  patience: DrainPatience,
): Promise<void> {
  let least = Infinity;
  let moved = performance.now();
  while (!signal.aborted) {
    const waiting = look();
    if (waiting === 0) return;
    if (waiting < least) {
      least = waiting;
      moved = performance.now();
    }
    const { reason } = obstacles;
    const { final, scope } = errorTraits(reason?.code ?? 'BROKER_UNREACHABLE');
    const limit = final && scope === 'connection' ? patience.refused : patience.away;
    if (performance.now() - moved > limit) throw nothingDelivered(path, limit, reason);
    await sleep(lookEvery, undefined, { signal }).catch(() => undefined);
  }
}

function nothingDelivered(path: string, ms: number, reason: KafkaError | undefined): KafkaError {
  const { code = 'BROKER_UNREACHABLE', message = 'The cluster gave no reason.' } = reason ?? {};
  return new KafkaError(
    code,
    `The spool ${path}: nothing was delivered for ${ms / 1000} s (${code}). ${message}`,
    { topic: reason?.topic, kafkaCode: reason?.kafkaCode, cause: reason },
  );
}

function spoolOf({ path, id, options }: Configured): NonNullable<Configured['options']['spool']> {
  if (options.spool !== undefined) return options.spool;
  throw new KafkaError(
    'SETTINGS_INVALID',
    `Destination "${id}" in ${path} has no spool: settings.spool.path is not set.`,
  );
}

export type { SpoolStatus };
