import { KafkaError } from '../../model/errors.ts';
import { failure, ok, warning, type Verdict } from './report.ts';

export interface Fault {
  readonly message: string;
  readonly fix: string;
}

/**
 * Checks the brokers of the settings side by side. The flow starts from any of them: some that fail are warnings, and only all
 * of them are failures.
 */
export async function eachBroker(
  brokers: readonly string[],
  okMessage: (passed: readonly string[]) => string,
  examine: (broker: string) => Promise<Fault | undefined>,
): Promise<Verdict[]> {
  const faults = await Promise.all(brokers.map(examine));
  const passed = brokers.filter((_, index) => faults[index] === undefined);
  const verdict = passed.length === 0 ? failure : warning;
  const failed = faults.flatMap((fault) => (fault === undefined ? [] : [verdict(fault.message, fault.fix)]));
  return passed.length === 0 ? failed : [ok(okMessage(passed)), ...failed];
}

/** @param told what is wrong, by what the work failed with; undefined: nothing that concerns this check */
export function faultIn(
  work: Promise<unknown>,
  told: (thrown: unknown) => Fault | undefined,
): Promise<Fault | undefined> {
  return work.then(() => undefined, told);
}

/** The brokers that pass an earlier check, which has said what is wrong with the others. */
export async function thosePassing(
  brokers: readonly string[],
  check: (broker: string) => Promise<unknown>,
): Promise<string[]> {
  const results = await Promise.allSettled(brokers.map(check));
  return brokers.filter((_, index) => results[index]?.status === 'fulfilled');
}

/** What to change if an address is wrong: it stands in the settings, or a broker advertises it. */
export interface AddressFixes {
  /** About a name that the certificate does not have; another way follows. */
  readonly name: string;
  /** About a port without TLS. */
  readonly tlsPort: string;
  /** About a port where nothing answers, after "and whether". */
  readonly port: string;
}

export const inSettings: AddressFixes = {
  name: 'Write in settings.kafka.brokers a name that the certificate has',
  tlsPort: 'Take the TLS port of the broker in settings.kafka.brokers, or remove settings.kafka.ssl.',
  port: 'the port is right',
};

/** The address in the settings worked, with the same TLS: nothing is to be changed there. */
export function advertisedBy(nodeId: number): AddressFixes {
  const setting = `advertised.listeners of broker ${nodeId}`;
  return {
    name: `Set ${setting} to a name that its certificate has`,
    tlsPort: `Set ${setting} to its TLS port.`,
    port: `${setting} names the right port`,
  };
}

/** A server that takes a connection, and says nothing until our time-out: it has not hung up. */
export function unanswered(broker: string, { port }: AddressFixes): Fault {
  return {
    message: `${broker} accepts connections and does not answer: a frozen broker, or no Kafka.`,
    fix:
      'See whether that broker hangs (its log, its disk), whether a load balancer has a broker behind this port, and ' +
      `whether ${port}. If it is only slow, raise settings.kafka.connectionTimeout.`,
  };
}

export function isUnanswered(thrown: unknown): boolean {
  return (
    thrown instanceof KafkaError && thrown.code === 'BROKER_UNREACHABLE' && thrown.detail === 'no-answer'
  );
}
