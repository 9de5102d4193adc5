import { setTimeout as sleep } from 'node:timers/promises';
import { openSpool } from '../spool/open.ts';
import { mustExist, readSpool, type SpoolStatus } from '../spool/status.ts';
import { createLog, logClock, type Logger } from '../telemetry/log.ts';
import { KafkaError } from '../vocabulary/errors.ts';
import type { Spool } from '../vocabulary/spool.ts';
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
/** Without anything delivered for so long the cluster is taken for down. Milliseconds. */
const patience = 60_000;
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
  open = openDelivery,
): Promise<DrainResult> {
  const { options } = configured;
  const { path, maxBytes } = spoolOf(configured);
  mustExist(path);
  let trouble: KafkaError | undefined;
  let refused = 0;
  let deadLettered = 0;
  const log = createLog(logger, logClock);
  const file = await openSpool({ path, maxBytes, patience: 0 }, log);
  try {
    const all = file.level().records;
    // What it tells of itself: to count the file would hold up what is being delivered.
    const left = (): number => file.level().records - refused;
    const settings = {
      deliveryTimeout: options.deliveryTimeout,
      deadLetterTopic: options.deadLetter?.topic,
      spool: { file, always: false },
    };
    const { delivery, close } = await open(options, settings, (notice) => {
      if ('error' in notice) trouble = notice.error;
      if (notice.kind === 'spool-refused') refused += 1;
      if (notice.kind === 'dead-lettered') deadLettered += 1;
      log(notice);
    });
    const look = (): number => {
      const waiting = left();
      onProgress(all - waiting - refused, all);
      return waiting;
    };
    try {
      await untilEmpty(path, look, signal, () => trouble);
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

/** @param look says how much waits */
async function untilEmpty(
  path: string,
  look: () => number,
  signal: AbortSignal,
  trouble: () => KafkaError | undefined,
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
    if (performance.now() - moved > patience) {
      throw (
        trouble() ??
        new KafkaError(
          'BROKER_UNREACHABLE',
          `The spool ${path}: nothing was delivered for ${patience / 1000} s.`,
        )
      );
    }
    await sleep(lookEvery, undefined, { signal }).catch(() => undefined);
  }
}

function spoolOf({ path, id, options }: Configured): NonNullable<Configured['options']['spool']> {
  if (options.spool !== undefined) return options.spool;
  throw new KafkaError(
    'SETTINGS_INVALID',
    `Destination "${id}" in ${path} has no spool: settings.spool.path is not set.`,
  );
}

export type { SpoolStatus };
