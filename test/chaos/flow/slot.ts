import { eventually } from '../../support/eventually.ts';
import { defaultLoad, type LoadPlan, type Scenario } from '../scenario.ts';
import { Ledger } from './ledger.ts';
import type { Order } from './messages.ts';
import { startFlowProcess, type FlowProcess } from './process.ts';
import { spoolPlace, type SpoolPlace } from './spool-place.ts';

/** The place where a run's flow lives: one process after the other, with the same settings and the same spool. */
export class FlowSlot {
  readonly load: LoadPlan;
  readonly ledger = new Ledger();
  readonly spool: SpoolPlace | undefined;
  readonly #scenario: Scenario;
  readonly #brokers: readonly string[];
  readonly #topic: string;
  #process: FlowProcess | undefined;

  constructor(scenario: Scenario, brokers: readonly string[], topic: string) {
    this.load = { ...defaultLoad, ...scenario.load };
    this.spool = scenario.spool && spoolPlace(scenario.spool);
    this.#scenario = scenario;
    this.#brokers = brokers;
    this.#topic = topic;
  }

  start(): void {
    this.#process = this.#launch(this.ledger, this.load.perSecond);
  }

  async kill(): Promise<void> {
    await this.#process?.kill();
    this.#process = undefined;
  }

  /** SIGTERM. */
  async stop(): Promise<void> {
    await this.#process?.terminate();
    this.#process = undefined;
  }

  async endLoad(): Promise<void> {
    await this.#process?.endLoad();
  }

  order(order: Order): void {
    this.#process?.order(order);
  }

  /** Whether so many pushes begun from now on are acknowledged in time. */
  flows(count: number, timeoutMs: number): Promise<boolean> {
    this.ledger.mark();
    const enough = (): boolean => this.ledger.acknowledgedSinceMark >= count;
    return eventually('the stream flows', enough, { timeoutMs }).catch(() => false);
  }

  /** Another process with the same settings, until it has said a word about it. Its pushes are its own affair. */
  async second(): Promise<void> {
    const ledger = new Ledger();
    const second = this.#launch(ledger, 1);
    const said = (): boolean => ledger.log.some((line) => line.startsWith('ERROR'));
    await eventually('the second process complains', said, { timeoutMs: 30_000 }).catch(() => undefined);
    await second.kill();
    this.ledger.log.push(...ledger.log);
  }

  async end(): Promise<void> {
    await this.kill();
    this.spool?.remove();
  }

  #launch(ledger: Ledger, perSecond: number): FlowProcess {
    const { kafka, spool, collectorTimeout = 0 } = this.#scenario;
    const settings = {
      kafka: { brokers: [...this.#brokers], topic: this.#topic, key: 'data.key', ...kafka },
      ...(spool && { spool: { path: this.spool?.path ?? '', mode: spool.mode, maxBytes: spool.maxBytes } }),
    };
    const plan = { settings, collectorTimeout, perSecond, keys: this.load.keys, first: ledger.begin() };
    return startFlowProcess(plan, ledger, this.spool?.wrapper);
  }
}
