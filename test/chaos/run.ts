import { setTimeout as pass } from 'node:timers/promises';
import { deleteTopic, describeTopic, recordCounts } from '../../scripts/kafka/topics.ts';
import { eventually } from '../support/eventually.ts';
import { numberOf } from '../support/load.ts';
import { readBack } from '../support/reader.ts';
import { Ledger } from './flow/ledger.ts';
import { startFlowProcess, type FlowProcess } from './flow/process.ts';
import { defaultLoad, type Brokers, type Fault, type LoadPlan, type Scenario } from './scenario.ts';
import type { Broker } from './stage/broker.ts';
import { makeTopic, type Scene, type Stage } from './stage/stage.ts';
import { judge, type Found, type Verdict } from './verdict/judge.ts';
import { inOperatorsWords } from './verdict/operator.ts';
import { problemsOf } from './verdict/problems.ts';

export interface Result {
  readonly scenario: string;
  readonly verdict: Verdict;
  readonly inDoubt: number;
  /** What is not as it must be; none: passed. */
  readonly problems: readonly string[];
  readonly seconds: number;
  /** What an operator saw, each line once. */
  readonly log: readonly string[];
}

/** A stream flows when so many pushes begun from now on are acknowledged; after the last fault that is recovery. */
const recovery = 300;
const patience = { timeoutMs: 120_000, everyMs: 100 };

export async function runScenario(scenario: Scenario, stage: Stage): Promise<Result> {
  const begun = performance.now();
  const run = new Run(scenario, stage, await stage.set(scenario));
  try {
    const { problems, verdict, ...rest } = await run.play();
    const seconds = Math.round((performance.now() - begun) / 1000);
    return { scenario: scenario.name, verdict, problems, seconds, ...rest };
  } finally {
    await run.end();
  }
}

class Run {
  readonly #scenario: Scenario;
  readonly #stage: Stage;
  readonly #scene: Scene;
  readonly #load: LoadPlan;
  readonly #ledger = new Ledger();
  #flow: FlowProcess | undefined;
  #inDoubt = 0;
  #countFrom = 0;

  constructor(scenario: Scenario, stage: Stage, scene: Scene) {
    this.#scenario = scenario;
    this.#stage = stage;
    this.#scene = scene;
    this.#load = { ...defaultLoad, ...scenario.load };
  }

  async play() {
    const { expect, schedule } = this.#scenario;
    const flow = this.#startFlow();
    // Cold brokers on a busy machine take seconds to come to speed, and the first fault must not meet them there.
    if (!(await this.#flows())) throw new Error('The stream never began to flow');
    const start = performance.now();
    const faults = schedule.map(async ({ at, do: fault }) => {
      await pass(start + at * 1000 - performance.now());
      await this.#strike(fault);
    });
    await Promise.all([...faults, pass(this.#load.seconds * 1000)]);
    const recovered = await this.#flows();
    await flow.endLoad();
    await this.#allStored();
    await flow.terminate();
    const { sent, answers, log } = this.#ledger;
    const words = (text: string): string => inOperatorsWords(text, this.#names());
    const verdict = judge({
      sent,
      answers: answers.map((answer) =>
        answer.failure === undefined ? answer : { ...answer, failure: words(answer.failure) },
      ),
      found: await this.#read(),
      countFrom: this.#countFrom,
    });
    const seen = [...new Set(log.map(words))];
    const problems = problemsOf(expect, { verdict, inDoubt: this.#inDoubt, log: seen, recovered });
    return { verdict, inDoubt: this.#inDoubt, problems, log: seen };
  }

  async end(): Promise<void> {
    await this.#flow?.kill();
  }

  #startFlow(): FlowProcess {
    const { kafka, collectorTimeout = 0 } = this.#scenario;
    const brokers = this.#stage.doors(this.#scenario);
    const settings = { kafka: { brokers, topic: this.#scene.topic, key: 'data.key', ...kafka } };
    const { perSecond, keys } = this.#load;
    const first = this.#ledger.begin();
    this.#flow = startFlowProcess({ settings, collectorTimeout, perSecond, keys, first }, this.#ledger);
    return this.#flow;
  }

  async #strike(fault: Fault): Promise<void> {
    this.#inDoubt += this.#ledger.pending + this.#load.perSecond / 10;
    switch (fault.kind) {
      case 'network':
        await Promise.all(this.#cast(fault.broker).map((broker) => broker.trouble(fault.trouble)));
        return;
      case 'delete-topic':
        return this.#deleteTopic();
      case 'create-topic':
        return makeTopic(this.#stage.direct, this.#scene.topic, this.#scenario.topic ?? {});
      case 'clock':
        this.#flow?.order({ kind: 'shift-clock', ms: fault.hours * 3_600_000 });
        return;
      case 'kill':
      case 'stop':
      case 'start':
      case 'restart':
      case 'freeze':
      case 'thaw':
        await Promise.all(this.#cast(fault.broker).map((broker) => broker.suffer(fault.kind)));
    }
  }

  #cast(brokers: Brokers): readonly Broker[] {
    return brokers === 'all' ? this.#stage.brokers : [this.#scene.roles[brokers]];
  }

  /** What was acknowledged until every broker knows of it went with the topic. */
  async #deleteTopic(): Promise<void> {
    const { topic } = this.#scene;
    await deleteTopic(this.#stage.direct, topic);
    for (const broker of this.#stage.direct) {
      const gone = async (): Promise<boolean> => (await describeTopic([broker], topic)) === undefined;
      await eventually('the topic is gone', gone, patience);
    }
    this.#countFrom = this.#ledger.next;
  }

  /** Pushes begun from now on are acknowledged. */
  async #flows(): Promise<boolean> {
    this.#ledger.mark();
    const flows = (): boolean => this.#ledger.acknowledgedSinceMark >= recovery;
    return eventually('the stream flows', flows, { ...patience, timeoutMs: 60_000 }).catch(() => false);
  }

  /** While the flow lives: what it keeps for later must leave it by itself. What never comes is judged lost. */
  async #allStored(): Promise<void> {
    const promised = this.#ledger.answers.filter(
      ({ n, failure }) => failure === undefined && n >= this.#countFrom,
    );
    const stored = async (): Promise<boolean> => {
      const counts = await recordCounts(this.#stage.direct, this.#scene.topic);
      return counts.reduce((sum, count) => sum + count, 0) >= promised.length;
    };
    await eventually('all that was acknowledged is stored', stored, patience).catch(() => undefined);
  }

  async #read(): Promise<Found[]> {
    const records = await readBack(this.#stage.direct, this.#scene.topic, { timeoutMs: 120_000 });
    return records.map(({ partition, value }) => ({ partition, ...numberOf(value) }));
  }

  #names() {
    const addresses = Object.entries(this.#scene.roles).flatMap(([role, { node, proxy }]) => [
      [node.address, role] as const,
      [proxy.address, role] as const,
    ]);
    return { topic: this.#scene.topic, addresses: new Map(addresses) };
  }
}
