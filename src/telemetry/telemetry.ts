import type { KafkaError } from '../model/errors.ts';
import type { Notify } from '../model/notice.ts';
import type { OnProduced } from '../model/outcome.ts';
import type { SpoolLevel } from '../model/spool.ts';
import { Connection } from './connection.ts';
import { carefulLogger, Guard } from './guard.ts';
import type { KafkaHealth } from './health.ts';
import { createLog, type Log, type LogClock, type Logger } from './log.ts';
import { createMetering, type Metering } from './meter.ts';
import { createMark, type MarkOrigin } from './origin.ts';
import { createSpans } from './spans.ts';

/** What a destination's state is read from, when somebody looks. */
interface State {
  readonly waiting: () => KafkaHealth['waiting'];
  /** Undefined without a spool. */
  readonly spool: (() => SpoolLevel) | undefined;
}

export interface Sources extends State {
  /** Asks any broker, and tells `answered` or `unanswered`. */
  readonly ask: () => Promise<unknown>;
}

export interface TelemetryContext {
  /** The destination's id in the flow. */
  readonly id: string;
  readonly clientId: string;
  readonly logger: Logger;
  /** `settings.telemetry.traceparent` */
  readonly traceparent: string | undefined;
  /** Told of the loss of the whole cluster: walkerOS counts those by destination. */
  readonly reportError: ((error: KafkaError) => void) | undefined;
  readonly clock: LogClock;
}

const nothing: State = { waiting: () => ({ records: 0, bytes: 0, limit: 0 }), spool: undefined };

/** All that is known of one destination: told by its rooms, shown to operators. Without an SDK that is log and health. */
export class Telemetry {
  readonly notify: Notify;
  readonly mark: MarkOrigin | undefined;
  /** Told of each produce request. */
  readonly produced: OnProduced;
  readonly #id: string;
  readonly #log: Log;
  readonly #connection: Connection;
  readonly #metering: Metering | undefined;
  #state = nothing;
  #stop: (() => void) | undefined;
  #closed = false;
  #lastAcknowledgedAt: number | undefined;

  constructor({ id, clientId, logger, traceparent, reportError, clock }: TelemetryContext) {
    const careful = carefulLogger(logger);
    const guard = new Guard(careful);
    const log = createLog(careful, clock);
    const metering = createMetering(id);
    const spans = createSpans(id, clientId);
    this.#id = id;
    this.#log = log;
    this.#metering = metering;
    this.notify = (notice) => {
      log(notice);
      guard.run(() => metering?.notify(notice));
      if (notice.kind === 'disconnected') guard.run(() => reportError?.(notice.error));
    };
    this.#connection = new Connection(this.notify, clock);
    const mark = createMark(traceparent, spans && (() => spans.active()));
    this.mark =
      mark &&
      ((record, origin) => {
        try {
          return mark(record, origin);
        } catch (thrown) {
          guard.fault(thrown);
          return record;
        }
      });
    this.produced = (report) => {
      // What is cut off when the client closes is no outage.
      if (!this.#closed) this.#connection.judge(report);
      if (report.outcomes.some(({ kind }) => kind === 'stored')) this.#lastAcknowledgedAt = Date.now();
      guard.run(() => metering?.notify({ kind: 'requested', report }));
      guard.run(() => spans?.record(report));
    };
  }

  /** From here on there is a state to show. */
  watch(sources: Sources): void {
    this.#state = sources;
    this.#connection.watch(sources.ask);
    this.#stop = this.#metering?.observe(() => this.health());
  }

  /** The first connection was made, or could not be. */
  connected(brokers: readonly string[]): void {
    this.#connection.answered();
    this.notify({ kind: 'connected', brokers });
  }

  connectFailed(error: KafkaError): void {
    this.#connection.allLost(error);
    this.notify({ kind: 'connect-failed', error });
  }

  /** A broker answered a question, whatever it said. */
  answered(): void {
    if (!this.#closed) this.#connection.answered();
  }

  /** A question to the cluster went unanswered by all brokers. */
  unanswered(error: KafkaError): void {
    if (!this.#closed) this.#connection.allLost(error);
  }

  health(): KafkaHealth {
    const last = this.#lastAcknowledgedAt;
    return {
      id: this.#id,
      connected: this.#connection.up && !this.#closed,
      lastAcknowledgedAt: last === undefined ? undefined : new Date(last),
      waiting: this.#state.waiting(),
      spool: this.#state.spool?.(),
    };
  }

  /** Nothing is under way any more, and nobody is connected. What the log has still to count is written. */
  close(): void {
    this.#closed = true;
    this.#state = nothing;
    this.#connection.close();
    this.#stop?.();
    this.#log.flush();
  }
}
