import { reasonOf, type KafkaError } from '../model/errors.ts';
import type { Notify } from '../model/notice.ts';
import type { OnProduced } from '../model/outcome.ts';
import { Connection } from './connection.ts';
import type { KafkaHealth } from './health.ts';
import { carefulLogger, createLog, type Log, type LogClock, type Logger } from './log.ts';
import { createMetering, type Metering } from './meter.ts';
import { createSpans } from './spans.ts';
import { createAttachTrace, type AttachTrace } from './trace-context.ts';

/** What a destination's state is read from, when somebody asks. */
interface State {
  readonly waiting: () => KafkaHealth['waiting'];
  readonly spool: (() => KafkaHealth['spool']) | undefined;
  readonly ready: (connected: boolean) => boolean;
}

export interface Sources extends State {
  /** Asks any broker, and tells `Telemetry.connection` whether it answered. */
  readonly ask: () => Promise<unknown>;
}

interface TelemetryContext {
  readonly id: string;
  readonly clientId: string;
  readonly logger: Logger;
  readonly traceparent: string | undefined;
  /** Called when the whole cluster is lost: walkerOS counts that by destination. */
  readonly reportError: ((error: KafkaError) => void) | undefined;
  readonly clock: LogClock;
}

const nothing: State = {
  waiting: () => ({ records: 0, bytes: 0, limit: 0 }),
  spool: undefined,
  ready: () => false,
};

/** One destination, as operators see it: each notice goes to the log, the metrics and the spans. Without an SDK: log and health. */
export class Telemetry {
  readonly notify: Notify;
  readonly attachTrace: AttachTrace | undefined;
  readonly produced: OnProduced;
  readonly connection: Connection;
  readonly #id: string;
  readonly #log: Log;
  readonly #metering: Metering | undefined;
  #state = nothing;
  #stop: (() => void) | undefined;
  #lastAcknowledgedAt: number | undefined;
  #keyFallbacks = 0;

  constructor({ id, clientId, logger, traceparent, reportError, clock }: TelemetryContext) {
    const careful = carefulLogger(logger);
    const guarded = createGuard(careful);
    const log = createLog(careful, clock);
    const metering = createMetering(id);
    const spans = createSpans(id, clientId);
    this.#id = id;
    this.#log = log;
    this.#metering = metering;
    this.notify = (notice) => {
      if (notice.kind === 'key-missing') this.#keyFallbacks++;
      log(notice);
      guarded(() => metering?.notify(notice));
      if (notice.kind === 'requested') guarded(() => spans?.record(notice.report));
      if (notice.kind === 'disconnected') guarded(() => reportError?.(notice.error));
    };
    this.connection = new Connection(this.notify, clock);
    const attach = createAttachTrace(traceparent, spans && (() => spans.active()));
    this.attachTrace = attach && ((record, origin) => guarded(() => attach(record, origin)) ?? record);
    this.produced = (report) => {
      this.connection.judge(report);
      if (report.outcomes.some(({ kind }) => kind === 'stored')) this.#lastAcknowledgedAt = Date.now();
      this.notify({ kind: 'requested', report });
    };
  }

  /** From here on there is a state to show. */
  watch(sources: Sources): void {
    this.#state = sources;
    this.connection.watch(sources.ask);
    this.#stop = this.#metering?.observe(() => this.health());
  }

  connected(brokers: readonly string[]): void {
    this.connection.answered();
    this.notify({ kind: 'connected', brokers });
  }

  connectFailed(error: KafkaError): void {
    this.connection.allLost(error);
    this.notify({ kind: 'connect-failed', error });
  }

  health(): KafkaHealth {
    const last = this.#lastAcknowledgedAt;
    const connected = this.connection.up;
    return {
      id: this.#id,
      ready: this.#state.ready(connected),
      connected,
      lastAcknowledgedAt: last === undefined ? undefined : new Date(last),
      waiting: this.#state.waiting(),
      keyFallbacks: this.#keyFallbacks,
      spool: this.#state.spool?.(),
    };
  }

  /** The destination is closed. The lines that the log still holds back are written. */
  close(): void {
    this.#state = nothing;
    this.connection.close();
    this.#stop?.();
    this.#log.flush();
  }
}

/**
 * A log handler, an exporter and an SDK are foreign code: what they throw must not decide what becomes of a record. The first
 * fault is logged.
 */
function createGuard(logger: Logger): <Result>(listen: () => Result) => Result | undefined {
  let logged = false;
  return (listen) => {
    try {
      return listen();
    } catch (thrown) {
      if (logged) return undefined;
      logged = true;
      logger.error(
        `A log handler or the OpenTelemetry SDK failed: ${reasonOf(thrown)}. Deliveries go on; ` +
          'lines, metrics or spans may be missing from here on.',
      );
      return undefined;
    }
  };
}
