import { KafkaError, reasonOf } from '../../../model/errors.ts';
import { advertisedBy } from '../address-fixes.ts';
import type { Check } from '../check.ts';
import { failure, ok } from '../finding.ts';
import { partsOf } from '../../../model/address.ts';
import type { Fault } from '../each-broker.ts';
import { clientCertificateFix, handshakeFault } from '../handshake-fault.ts';
import type { Kafka, Patient } from '../patient.ts';
import { isSilence, unanswered } from '../unanswered.ts';

type Broker = Awaited<ReturnType<Kafka['cluster']>>['brokers'][number];

/**
 * The cluster behind the brokers, and the classic trap: clients go on to the addresses that the brokers advertise, not to
 * those of the settings.
 */
export const cluster: Check = {
  name: 'cluster',
  needs: ['sasl'],
  async examine(patient) {
    const { id, brokers } = await patient.kafka.cluster();
    const found = await Promise.all(brokers.map((broker) => faultOf(patient, broker)));
    const failures = found.flatMap((fault) =>
      fault === undefined ? [] : [failure(fault.message, fault.fix)],
    );
    if (failures.length > 0) return failures;
    const count = brokers.length === 1 ? '1 broker' : `${brokers.length} brokers`;
    return [ok(`${id ?? 'no name'}: ${count}, all reachable as advertised`)];
  },
};

async function faultOf(patient: Patient, broker: Broker): Promise<Fault | undefined> {
  const { network, tls } = patient;
  const { nodeId, address } = broker;
  const told = `Broker ${nodeId} tells clients to come to ${address}`;
  try {
    await network.resolve(address);
    await network.connect(address);
  } catch (thrown) {
    return {
      message: `${told}, which this machine cannot reach: ${reasonOf(thrown)}.`,
      fix:
        `Set advertised.listeners of broker ${nodeId} to an address that is reachable from here, or make ` +
        `${partsOf(address).host} known and its port open on this machine.`,
    };
  }
  // The name that brought us here, that of a load balancer, may be in the certificate, and the broker's own not.
  const fault = tls && (await handshakeFault(patient, address, advertisedBy(nodeId)));
  const found = fault ?? (await refusalOf(patient, broker));
  return found && { message: `${told}. ${found.message}`, fix: found.fix };
}

/** Sidecars and load balancers take any connection: whether there is a Kafka behind it shows only when it is asked. */
async function refusalOf({ kafka, tls }: Patient, { nodeId, address }: Broker): Promise<Fault | undefined> {
  try {
    await kafka.reach(address);
    return undefined;
  } catch (thrown) {
    if (isSilence(thrown)) return unanswered(address, advertisedBy(nodeId));
    const message = reasonOf(thrown);
    if (wantsOtherCertificate(thrown)) return { message, fix: clientCertificateFix(tls) };
    const listener =
      `advertised.listeners of broker ${nodeId} to a listener that takes the same TLS and login as the one in ` +
      'settings.kafka.brokers, which let us in';
    const refused = thrown instanceof KafkaError && thrown.code === 'AUTHENTICATION_FAILED';
    const fix = refused
      ? `Give broker ${nodeId} the same users and mechanisms as the others, or set ${listener}.`
      : `Set ${listener}.`;
    return { message, fix };
  }
}

function wantsOtherCertificate(thrown: unknown): boolean {
  return thrown instanceof KafkaError && thrown.code === 'TLS_FAILED' && /alert/.test(thrown.message);
}
