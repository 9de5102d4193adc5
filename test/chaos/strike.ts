import { setTimeout as pass } from 'node:timers/promises';
import { deleteTopic, describeTopic } from '../../scripts/kafka/topics.ts';
import { eventually } from '../support/eventually.ts';
import type { FlowSlot } from './flow/slot.ts';
import { randomOf } from './random.ts';
import type { Brokers, Fault, Scenario } from './scenario.ts';
import type { Broker } from './stage/broker.ts';
import { inSync, makeTopic, type Scene, type Stage } from './stage/stage.ts';
import type { Kill } from './verdict/judge.ts';

/** All that a fault can strike. */
export interface World {
  readonly scenario: Scenario;
  readonly stage: Stage;
  readonly scene: Scene;
  readonly flow: FlowSlot;
  /** Records under way when faults struck, together: as many may be stored twice. */
  inDoubt: number;
  /** Events before this number went with a topic, or with a spool, that was destroyed on purpose. */
  countFrom: number;
  /** Of our process. */
  readonly kills: Kill[];
  /** The latest of them: the next waits for its end, or two processes would have the spool. */
  crash: Promise<void>;
}

const limits = { timeoutMs: 60_000, everyMs: 100 };

/** What only ends a fault leaves no request without an answer. (A network that is mended does: what was held up arrives.) */
const mends: ReadonlySet<Fault['kind']> = new Set([
  'start',
  'thaw',
  'start-flow',
  'create-topic',
  'mend-spool',
]);

/** Resolves when the fault is over, or has come to stay. */
export async function strike(fault: Fault, world: World): Promise<void> {
  const { stage, scene, flow } = world;
  if (!mends.has(fault.kind)) doubt(world);
  switch (fault.kind) {
    case 'kill':
    case 'stop':
    case 'start':
    case 'restart':
    case 'freeze':
    case 'thaw':
      await Promise.all(cast(fault.broker, world).map((broker) => broker.suffer(fault.kind)));
      return;
    case 'rolling-restart':
      for (const broker of stage.brokers) {
        await broker.suffer('restart');
        await inSync(stage.direct, scene.topic);
      }
      return;
    case 'kill-in-sync': {
      const broker = scene.roles[fault.broker];
      await inSync(stage.direct, scene.topic);
      doubt(world);
      await broker.suffer('kill');
      await pass(fault.seconds * 1000);
      await broker.suffer('start');
      return;
    }
    case 'network':
      await Promise.all(cast(fault.broker, world).map((broker) => broker.trouble(fault.trouble)));
      return;
    case 'delete-topic':
      return loseTopic(world);
    case 'create-topic':
      return makeTopic(stage.direct, scene.topic, world.scenario.topic ?? {});
    case 'clock':
      return flow.order({ kind: 'shift-clock', ms: fault.hours * 3_600_000 });
    case 'crash-flow':
      return (world.crash = world.crash.then(() => crash(fault, world)));
    case 'kill-flow':
      return flow.kill();
    case 'stop-flow':
      return flow.stop();
    case 'start-flow':
      return flow.start();
    case 'second-flow':
      return flow.second();
    case 'damage-spool':
      world.countFrom = flow.ledger.next;
      return flow.spool?.damage(fault.how);
    case 'mend-spool':
      return flow.spool?.mend();
  }
}

/** What is unanswered now, and what is pushed until the fault is felt. */
function doubt(world: World): void {
  const { ledger, load } = world.flow;
  world.inDoubt += ledger.pending + load.perSecond / 10;
}

async function crash({ times, seed }: Extract<Fault, { kind: 'crash-flow' }>, world: World): Promise<void> {
  const { flow } = world;
  const random = randomOf(seed);
  for (let time = 0; time < times; time++) {
    await flow.flows(100, limits.timeoutMs);
    await pass(random() * 1000);
    doubt(world);
    await flow.kill();
    const left = flow.spool?.copy();
    const at = Date.now();
    flow.start();
    world.kills.push({ at, spooled: left?.() ?? [] });
  }
}

function cast(brokers: Brokers, { stage, scene }: World): readonly Broker[] {
  return brokers === 'all' ? stage.brokers : [scene.roles[brokers]];
}

/** What was acknowledged until every broker knows of it went with the topic. */
async function loseTopic(world: World): Promise<void> {
  const { stage, scene, flow } = world;
  await deleteTopic(stage.direct, scene.topic);
  for (const broker of stage.direct) {
    const gone = async (): Promise<boolean> => (await describeTopic([broker], scene.topic)) === undefined;
    await eventually('the topic is gone', gone, limits);
  }
  world.countFrom = flow.ledger.next;
}
