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
import type { CheckName } from './finding.ts';
import type { Report } from './report.ts';
import type { Patient } from './patient.ts';

/** From the lowest layer up: the first that fails is the cause. */
const checks: readonly Check[] = [dns, tcp, tls, sasl, cluster, topics, registry, spool, clock, timeouts];

/** Runs the checks one after another, but for those that need one that failed. */
export async function examine(patient: Patient, report: Report): Promise<void> {
  const unfit = new Set<CheckName>();
  for (const { name, needs, examine: run } of checks) {
    const cause = needs.find((need) => unfit.has(need));
    const answer = cause === undefined ? await run(patient) : `needs ${cause}`;
    if (typeof answer === 'string') report.skip({ name, reason: answer });
    else for (const verdict of answer) report.add({ name, ...verdict });
    const failed = typeof answer !== 'string' && answer.some(({ status }) => status === 'failure');
    if (failed || cause !== undefined) unfit.add(name);
  }
}
