import {
  at,
  freeze,
  heal,
  kill,
  network,
  restart,
  start,
  stop,
  thaw,
  type Fault,
  type Role,
  type Scenario,
  type Step,
  type Trouble,
} from '../scenario.ts';

/** What the last fault is given to pass, and what the brokers are given between two, in seconds. */
const aftermath = 20;

/**
 * Faults of every kind in an order, for a time and at brokers that chance decides, one after the other with a pause
 * between them. Everything that breaks is mended within the time.
 */
export function soakSchedule(random: () => number, seconds: number): Step[] {
  return faults(random, seconds, ['crash-flow', 'clock']);
}

/** Our process is killed every 5 to 20 s, whatever the brokers and the network are in meanwhile. */
export function killsSchedule(random: () => number, seconds: number): Step[] {
  const steps: Step[] = [];
  const pause = (): number => 5 + random() * 15;
  for (let now = pause(); now < seconds - aftermath; now += pause())
    steps.push(at(round(now), crashFlow(random)));
  return [...steps, ...faults(random, seconds, [])].sort((a, b) => a.at - b.at);
}

function faults(random: () => number, seconds: number, ofOurs: readonly ('crash-flow' | 'clock')[]): Step[] {
  const between = (least: number, most: number): number => least + random() * (most - least);
  const one = <Item>(items: readonly [Item, ...Item[]]): Item =>
    items[Math.floor(random() * items.length)] ?? items[0];
  const role = (): Role => one(['leader', 'second', 'third']);
  const trouble = (what: () => Trouble, least: number, most: number) => (): Step[][] => {
    const broker = one<Role | 'all'>([role(), 'all']);
    return [[at(0, network(broker, what()))], [at(between(least, most), heal(broker))]];
  };
  const outage = (fault: (role: Role) => Fault, end: (role: Role) => Fault) => (): Step[][] => {
    const broker = role();
    return [[at(0, fault(broker))], [at(between(1, 15), end(broker))]];
  };
  const kinds: readonly [() => Step[][], ...(() => Step[][])[]] = [
    outage(kill, start),
    outage(stop, start),
    outage(freeze, thaw),
    () => [[at(0, restart(role()))]],
    () => [[at(0, kill('all'))], [at(between(1, 20), start('all'))]],
    trouble(() => ({ kind: 'refuse' }), 1, 12),
    trouble(() => ({ kind: 'black-hole' }), 1, 12),
    trouble(() => ({ kind: 'lose-answers' }), 1, 8),
    trouble(() => ({ kind: 'latency', ms: between(20, 500), jitter: between(0, 200) }), 2, 10),
    () => [[at(0, network(role(), { kind: 'half-open' }))]],
    () => [[at(0, network('all', { kind: 'reset' }))]],
    () => [[at(0, network('all', { kind: 'cut-answer', afterBytes: Math.floor(between(1, 200)) }))]],
    ...ofOurs.map((kind) => () => [
      [at(0, kind === 'clock' ? { kind, hours: one([-1, 1]) } : crashFlow(random))],
    ]),
  ];
  const steps: Step[] = [];
  for (let now = 2; now < seconds - 2 * aftermath;) {
    const scene = one(kinds)().flat();
    for (const step of scene) steps.push(at(round(now + step.at), step.do));
    now += Math.max(...scene.map((step) => step.at)) + between(2, aftermath);
  }
  return steps;
}

const crashFlow = (random: () => number): Fault => ({
  kind: 'crash-flow',
  times: 1,
  seed: Math.floor(random() * 1_000),
});

const round = (seconds: number): number => Math.round(seconds * 10) / 10;

/** The spool in mode `always`, so that none is rejected and a killed process loses nothing. */
export function soakScenario(schedule: readonly Step[], seconds: number, kafka: Scenario['kafka']): Scenario {
  return {
    name: 'soak',
    story: 'faults of every kind, as chance has it',
    through: 'proxy',
    spool: { mode: 'always' },
    topic: { appendTime: true },
    load: { perSecond: 300, seconds, keys: 50 },
    schedule,
    ...(kafka && { kafka }),
    expect: { rejected: 'none', duplicates: 'in doubt', log: [] },
  };
}

/** The same under more load, and idempotent: then a killed process leaves no duplicate either. */
export function killsScenario(
  schedule: readonly Step[],
  seconds: number,
  kafka: Scenario['kafka'],
): Scenario {
  const kills = schedule.filter(({ do: { kind } }) => kind === 'crash-flow').length;
  return {
    ...soakScenario(schedule, seconds, { ...kafka, idempotent: true }),
    story: 'our process is killed −9 every 5 to 20 s, with faults of brokers and network in between',
    load: { perSecond: 800, seconds, keys: 50 },
    expect: { rejected: 'none', duplicates: 'none', log: [], struck: Math.floor(kills / 5) },
  };
}
