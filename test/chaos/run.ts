import { setTimeout as pass } from 'node:timers/promises';
import { recordCounts } from '../../scripts/kafka/topics.ts';
import { readSpool } from '../../src/spool/status.ts';
import { eventually } from '../support/eventually.ts';
import { FlowSlot } from './flow/slot.ts';
import type { Scenario } from './scenario.ts';
import type { Stage } from './stage/stage.ts';
import { strike, type World } from './strike.ts';
import { judge, type Verdict } from './verdict/judge.ts';
import { inOperatorsWords } from './verdict/operator.ts';
import { problemsOf } from './verdict/problems.ts';
import { readFound } from './verdict/read.ts';

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
const recoveryTime = 60_000;
const limits = { timeoutMs: 120_000, everyMs: 100 };

/** Plays a scenario to its end and judges it. Leaves the stage as the last fault did; the next scenario mends it. */
export async function runScenario(scenario: Scenario, stage: Stage): Promise<Result> {
  const begun = performance.now();
  const scene = await stage.set(scenario);
  const flow = new FlowSlot(scenario, stage.doors(scenario), scene.topic);
  const world: World = {
    scenario,
    stage,
    scene,
    flow,
    inDoubt: 0,
    countFrom: 0,
    kills: [],
    crash: Promise.resolve(),
  };
  try {
    const recovered = await play(world);
    const { inDoubt } = world;
    const words = (text: string): string => inOperatorsWords(text, namesIn(world));
    const log = [...new Set(flow.ledger.log.map(words))];
    const verdict = judge({
      sent: flow.ledger.sent,
      answers: flow.ledger.answers.map((answer) =>
        answer.failure === undefined ? answer : { ...answer, failure: words(answer.failure) },
      ),
      found: await readFound(stage.direct, scene.topic),
      countFrom: world.countFrom,
      kills: world.kills,
    });
    const problems = problemsOf(scenario.expect, { verdict, inDoubt, log, recovered });
    const seconds = Math.round((performance.now() - begun) / 1000);
    return { scenario: scenario.name, verdict, inDoubt, problems, seconds, log };
  } finally {
    await flow.end();
  }
}

/** @returns whether the stream flowed again by itself */
async function play(world: World): Promise<boolean> {
  const { flow, scenario } = world;
  flow.start();
  // Cold brokers on a busy machine take seconds to come to speed, and the first fault must not meet them there.
  const canFlow = scenario.spool?.on !== 'below a file';
  if (canFlow && !(await flow.flows(recovery, recoveryTime))) throw new Error('The stream never flowed');
  const start = performance.now();
  const faults = scenario.schedule.map(async ({ at, do: fault }) => {
    await pass(Math.max(0, start + at * 1000 - performance.now()));
    await strike(fault, world);
  });
  await Promise.all([...faults, pass(flow.load.seconds * 1000)]);
  const recovered = await flow.flows(recovery, recoveryTime);
  await flow.endLoad();
  await allStored(world);
  await flow.stop();
  return recovered;
}

/** While the flow lives: what it keeps for later must leave it by itself. What never comes is judged lost. */
async function allStored({ stage, scene, flow, countFrom, kills }: World): Promise<void> {
  const promised = flow.ledger.answers.filter(({ n, failure }) => failure === undefined && n >= countFrom);
  const stored = async (): Promise<boolean> => {
    const counts = await recordCounts(stage.direct, scene.topic);
    if (counts.reduce((sum, count) => sum + count, 0) < promised.length) return false;
    // What was stored twice, or never acknowledged, was counted for others that are still in the spool.
    return kills.length === 0 || !flow.spool || (await readSpool(flow.spool.path)).records === 0;
  };
  await eventually('all that was acknowledged is stored', stored, limits).catch(() => undefined);
}

function namesIn({ stage, scene, flow }: World) {
  const addresses = stage.brokers.flatMap(({ node, proxy }) => [node.address, proxy.address]);
  return { topic: scene.topic, addresses, spool: flow.spool?.path };
}
