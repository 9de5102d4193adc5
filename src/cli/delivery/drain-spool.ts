import { setTimeout as sleep } from 'node:timers/promises';
import { openProducer } from './open-producer.ts';
import type { Configured } from '../flow/configured.ts';
import { errorTraits, KafkaError, type ErrorCode } from '../../model/errors.ts';
import type { Notice } from '../../model/notice.ts';
import { openSpool } from '../../spool/open.ts';
import { mustExist, readSpool, type SpoolStatus } from '../../spool/status.ts';
import { createLog, logClock, type Logger } from '../../telemetry/log.ts';

export interface DrainRequest {
  readonly signal: AbortSignal;
  /** Called with the records that have left the spool, and with all there were. */
  readonly onProgress: (done: number, all: number) => void;
  readonly logger: Logger;
}

export interface DrainResult {
  /** To their own topics. */
  readonly delivered: number;
  /** Refused by the broker, and stored in the dead-letter topic. */
  readonly deadLettered: number;
  /** Still waiting, if it was stopped. */
  readonly left: number;
  /** Refused by the broker; they stay in the spool. */
  readonly refused: number;
}

const lookEvery = 200;
/** After how long without a delivery `drain` ends, in ms. */
interface DrainTimeouts {
  /** If the cluster is away: it may come back. */
  readonly away: number;
  /** If it refuses the settings: longer than a new user or certificate needs to reach all brokers. */
  readonly refused: number;
}

const drainTimeouts: DrainTimeouts = { away: 60_000, refused: 10_000 };
/** How long the end waits for the requests in flight. Milliseconds. */
const closeTimeout = 4_000;

/** What the spool of a destination holds. @throws KafkaError SETTINGS_INVALID, SPOOL_UNAVAILABLE */
export function spoolStatus(configured: Configured): Promise<SpoolStatus> {
  return readSpool(spoolOf(configured).path);
}

/**
 * Delivers everything that waits in the spool of a destination, in order, and ends. A record leaves the spool when it is
 * acknowledged: the next run, or the flow, goes on after a run that is ended early.
 * @throws KafkaError SPOOL_IN_USE while a flow has the spool, SPOOL_UNAVAILABLE, or what keeps the cluster from taking anything
 */
export async function drainSpool(
  configured: Configured,
  { signal, onProgress, logger }: DrainRequest,
  timeouts: DrainTimeouts = drainTimeouts,
  open = openProducer,
): Promise<DrainResult> {
  const { options } = configured;
  const { path, maxBytes } = spoolOf(configured);
  mustExist(path);
  const failures = new Failures(logger);
  let refused = 0;
  let deadLettered = 0;
  const log = createLog(logger, logClock);
  const count = (notice: Notice): void => {
    if (notice.kind === 'spool-refused' || notice.kind === 'spool-row-damaged') refused += 1;
    if (notice.kind === 'dead-lettered') deadLettered += 1;
    log(notice);
  };
  const file = await openSpool({ path, maxBytes, lockTimeout: 0 }, count);
  try {
    const all = file.level().records;
    // To count the rows of the file would hold up the delivery.
    const left = (): number => file.level().records - refused;
    const settings = {
      deliveryTimeout: options.deliveryTimeout,
      deadLetterTopic: options.deadLetter?.topic,
      spool: { file, always: false },
      onAsked: (topic: string, failure: KafkaError | undefined) => failures.asked(topic, failure),
    };
    const { producer, close } = await open(options, settings, (notice) => {
      if ('error' in notice) failures.last = notice.error;
      count(notice);
    });
    const waitingRecords = (): number => {
      const waiting = left();
      onProgress(all - waiting - refused, all);
      return waiting;
    };
    try {
      await untilEmpty(path, waitingRecords, signal, failures, timeouts);
    } finally {
      await producer.close(closeTimeout);
      await close();
    }
    return { delivered: all - left() - refused - deadLettered, deadLettered, left: left(), refused };
  } finally {
    log.flush();
    await file.close();
  }
}

/** Why nothing is delivered, as far as is known. */
class Failures {
  /** Of the records that were sent. */
  last: KafkaError | undefined;
  /** Topics without metadata: nothing is sent to them. */
  readonly #withoutMetadata = new Map<string, KafkaError>();
  readonly #logged = new Set<ErrorCode>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Logged at once, for whoever waits at the terminal, and once for each code. */
  asked(topic: string, failure: KafkaError | undefined): void {
    this.#withoutMetadata.delete(topic);
    if (failure === undefined) return;
    this.#withoutMetadata.set(topic, failure);
    // The producer gives a notice of a missing topic.
    if (failure.code === 'TOPIC_MISSING' || this.#logged.has(failure.code)) return;
    this.#logged.add(failure.code);
    this.#logger.warn(failure.message);
  }

  get reason(): KafkaError | undefined {
    return [...this.#withoutMetadata.values()].at(-1) ?? this.last;
  }
}

async function untilEmpty(
  path: string,
  waitingRecords: () => number,
  signal: AbortSignal,
  failures: Failures,
  timeouts: DrainTimeouts,
): Promise<void> {
  let least = Infinity;
  let moved = performance.now();
  while (!signal.aborted) {
    const waiting = waitingRecords();
    if (waiting === 0) return;
    if (waiting < least) {
      least = waiting;
      moved = performance.now();
    }
    const { reason } = failures;
    const { final, scope } = errorTraits(reason?.code ?? 'BROKER_UNREACHABLE');
    const limit = final && scope === 'connection' ? timeouts.refused : timeouts.away;
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
