import { deleteTopic, describeTopic } from '../../scripts/kafka/topics.ts';
import { eventually } from '../support/eventually.ts';
import type { FlowSlot } from './flow/slot.ts';
import type { Brokers, Fault, Scenario } from './scenario.ts';
import type { Broker } from './stage/broker.ts';
import { inSync, makeTopic, type Scene, type Stage } from './stage/stage.ts';

/** All that a fault can strike. */
export interface World {
  readonly scenario: Scenario;
  readonly stage: Stage;
  readonly scene: Scene;
  readonly flow: FlowSlot;
  /** Events before this number went with a topic, or with a spool, that was destroyed on purpose. */
  countFrom: number;
}

const patience = { timeoutMs: 60_000, everyMs: 100 };

/** Resolves when the fault is over, or has come to stay. */
export async function strike(fault: Fault, world: World): Promise<void> {
  const { stage, scene, flow } = world;
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
      await flow.kill();
      return flow.start();
    case 'kill-flow':
      return flow.kill();
    case 'stop-flow':
      return flow.stop();
    case 'start-flow':
      return flow.start();
    case 'second-flow':
      return flow.second(10);
    case 'damage-spool':
      world.countFrom = flow.ledger.next;
      return flow.spool?.damage(fault.how);
    case 'mend-spool':
      return flow.spool?.mend();
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
    await eventually('the topic is gone', gone, patience);
  }
  world.countFrom = flow.ledger.next;
}
