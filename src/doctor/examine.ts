import { KafkaError, reasonOf } from '../vocabulary/errors.ts';
import type { Check } from './check.ts';
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
import { failure, type CheckName, type Verdict } from './finding.ts';
import type { Report } from './report.ts';
import type { Patient } from './patient.ts';

/** From the lowest layer up: the first that fails is the cause. */
const checks: readonly Check[] = [dns, tcp, tls, sasl, cluster, topics, registry, spool, clock, timeouts];

/** Runs the checks one after another, but for those that need one that failed, or that could not be made. */
export async function examine(patient: Patient, report: Report): Promise<void> {
  const unfit = new Set<CheckName>();
  for (const check of checks) {
    const { name, needs } = check;
    const cause = needs.find((need) => unfit.has(need));
    const answer = cause === undefined ? await verdictsOf(check, patient) : `needs ${cause}`;
    if (typeof answer === 'string') report.skip({ name, reason: answer });
    else for (const verdict of answer) report.add({ name, ...verdict });
    if (typeof answer === 'string' || answer.some(({ status }) => status === 'failure')) unfit.add(name);
  }
}

/** A check that breaks off must not take those after it along, nor the report. */
async function verdictsOf(check: Check, patient: Patient): Promise<readonly Verdict[] | string> {
  try {
    return await check.examine(patient);
  } catch (thrown) {
    const fix =
      thrown instanceof KafkaError
        ? `docs/troubleshooting.md has it under ${thrown.code}.`
        : 'Run it again. If it stays, it is a fault of the doctor: report it with this line.';
    return [failure(`The check broke off: ${reasonOf(thrown)}`, fix)];
  }
}
