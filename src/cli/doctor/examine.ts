import { reasonOf } from '../../model/errors.ts';
import type { Check } from './check.ts';
import { answers } from './checks/answers.ts';
import { clock } from './checks/clock.ts';
import { cluster } from './checks/cluster.ts';
import { dns } from './checks/dns.ts';
import { registry } from './checks/registry.ts';
import { sasl } from './checks/sasl.ts';
import { spool } from './checks/spool.ts';
import { tcp } from './checks/tcp.ts';
import { timeouts } from './checks/timeouts.ts';
import { tls } from './checks/tls.ts';
import { topics } from './checks/topics.ts';
import { failure, fixUnforeseen, type CheckName, type Verdict } from './finding.ts';
import type { Report } from './report.ts';
import type { Patient } from './patient.ts';

/** From the lowest layer up: the first that fails is the cause. */
const checks: readonly Check[] = [
  dns,
  tcp,
  tls,
  sasl,
  cluster,
  topics,
  registry,
  spool,
  clock,
  answers,
  timeouts,
];

/**
 * Runs the checks one after another, but for those that need one that failed, or that could not be made. After `signal` no
 * check is begun, and the one under way is not waited for.
 */
export async function examine(patient: Patient, report: Report, signal: AbortSignal): Promise<void> {
  const unfit = new Set<CheckName>();
  const stopping = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  for (const check of checks) {
    const { name, needs } = check;
    const cause = needs.find((need) => unfit.has(need));
    const examined = signal.aborted ? undefined : examineUnless(cause, check, patient);
    const answer = await Promise.race([examined, stopping]);
    if (answer === undefined) {
      report.stop(name);
      continue;
    }
    if (typeof answer === 'string') report.skip({ name, reason: answer });
    else for (const verdict of answer) report.add({ name, ...verdict });
    if (typeof answer === 'string' || answer.some(({ status }) => status === 'failure')) unfit.add(name);
  }
}

async function examineUnless(cause: CheckName | undefined, check: Check, patient: Patient) {
  return cause === undefined ? verdictsOf(check, patient) : `needs ${cause}`;
}

/** A check that breaks off must not take those after it along, nor the report. */
async function verdictsOf(check: Check, patient: Patient): Promise<readonly Verdict[] | string> {
  try {
    return await check.examine(patient);
  } catch (thrown) {
    return [failure(`The check broke off: ${reasonOf(thrown)}`, fixUnforeseen(thrown))];
  }
}
