import { reasonOf } from '../../vocabulary/errors.ts';
import type { Check } from '../check.ts';
import { failure, ok } from '../finding.ts';
import { partsOf } from '../../vocabulary/address.ts';
import type { Fault } from '../each-broker.ts';
import { handshakeFault } from '../handshake-fault.ts';
import type { Kafka, Patient } from '../patient.ts';

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

async function faultOf(patient: Patient, { nodeId, address }: Broker): Promise<Fault | undefined> {
  const { network, tls } = patient;
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
  const rename = `Set advertised.listeners of broker ${nodeId} to a name that its certificate has`;
  const fault = tls && (await handshakeFault(patient, address, rename));
  return fault && { message: `${told}. ${fault.message}`, fix: fault.fix };
}
