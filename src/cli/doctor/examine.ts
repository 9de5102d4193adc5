import { reasonOf } from '../../model/errors.ts';
import { beforeStop } from '../../model/foreign.ts';
import { timeouts } from './checks/acknowledgements.ts';
import { dns, sasl, tcp } from './checks/brokers.ts';
import { cluster } from './checks/cluster.ts';
import { heap } from './checks/heap.ts';
import { keys } from './checks/keys.ts';
import { letters } from './checks/letters.ts';
import { clock, registry } from './checks/registry.ts';
import { spool } from './checks/spool.ts';
import { tls } from './checks/tls.ts';
import { topics } from './checks/topics.ts';
import { failure, fixUnforeseen, type CheckName, type Report, type Result, type Verdict } from './report.ts';
import type { Target } from './target.ts';

interface Check {
  readonly name: CheckName;
  /** If one of these fails, this check could only repeat what it says. */
  readonly needs: readonly CheckName[];
  readonly examine: (target: Target) => Result | Promise<Result>;
}

/** From the lowest layer up: the first that fails is the cause. */
const checks: readonly Check[] = [
  { name: 'dns', needs: ['settings'], examine: dns },
  { name: 'tcp', needs: ['dns'], examine: tcp },
  { name: 'tls', needs: ['tcp'], examine: tls },
  { name: 'sasl', needs: ['tls'], examine: sasl },
  { name: 'cluster', needs: ['sasl'], examine: cluster },
  { name: 'topics', needs: ['cluster'], examine: topics },
  { name: 'letters', needs: ['cluster'], examine: letters },
  { name: 'keys', needs: ['cluster'], examine: keys },
  { name: 'registry', needs: ['settings'], examine: registry },
  { name: 'spool', needs: ['settings'], examine: spool },
  { name: 'clock', needs: ['settings'], examine: clock },
  { name: 'answers', needs: ['settings'], examine: ({ answers }) => answers },
  { name: 'timeouts', needs: ['settings'], examine: timeouts },
  { name: 'heap', needs: [], examine: heap },
];

/**
 * Runs the checks one after another, but for those that need one that failed or was left out. After `signal` no check is
 * begun, and the running one is not waited for.
 */
export async function examine(target: Target, report: Report, signal: AbortSignal): Promise<void> {
  const unfit = new Set<CheckName>();
  for (const check of checks) {
    const { name } = check;
    const result = signal.aborted ? undefined : await beforeStop(verdictsOf(check, target, unfit), signal);
    if (result === undefined) report.stop(name);
    else if (typeof result === 'string') report.skip(name, result);
    else report.add(name, ...result);
    if (typeof result === 'string' || result?.some(({ status }) => status === 'failure')) unfit.add(name);
  }
}

/** Leaves out a check that needs an unfit one. One that throws must not end the others, nor the report. */
async function verdictsOf(
  check: Check,
  target: Target,
  unfit: ReadonlySet<CheckName>,
): Promise<readonly Verdict[] | string> {
  const cause = check.needs.find((need) => unfit.has(need));
  if (cause !== undefined) return `needs ${cause}`;
  try {
    const result = await check.examine(target);
    return typeof result === 'string' ? result : [result].flat();
  } catch (thrown) {
    return [failure(`The check broke off: ${reasonOf(thrown)}`, fixUnforeseen(thrown))];
  }
}
