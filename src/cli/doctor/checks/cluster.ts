import { partsOf } from '../../../model/cluster.ts';
import { KafkaError, reasonOf } from '../../../model/errors.ts';
import type { ClusterState } from '../../../transport/port.ts';
import { advertisedBy, faultIn, isUnanswered, unanswered, type Fault } from '../each-broker.ts';
import { failure, ok, type Verdict } from '../report.ts';
import type { Target } from '../target.ts';
import { clientCertificateFix, handshakeFault } from './tls.ts';
import { plural } from '../../../model/plural.ts';

type Broker = ClusterState['brokers'][number];

/**
 * The cluster behind the brokers, and the classic trap: clients go on to the addresses that the brokers advertise, not to
 * those of the settings.
 */
export async function cluster(target: Target): Promise<Verdict[]> {
  const { id, brokers } = await target.kafka.cluster();
  const found = await Promise.all(brokers.map((broker) => faultOf(target, broker)));
  const failures = found.flatMap((fault) => (fault === undefined ? [] : [failure(fault.message, fault.fix)]));
  if (failures.length > 0) return failures;
  return [ok(`${id ?? 'no name'}: ${plural(brokers.length, 'broker')}, all reachable as advertised`)];
}

async function faultOf(target: Target, broker: Broker): Promise<Fault | undefined> {
  const { network, tls } = target;
  const { nodeId, address } = broker;
  const advertised = `Broker ${nodeId} tells clients to come to ${address}`;
  try {
    await network.resolve(address);
    await network.connect(address);
  } catch (thrown) {
    return {
      message: `${advertised}, which this machine cannot reach: ${reasonOf(thrown)}.`,
      fix:
        `Set advertised.listeners of broker ${nodeId} to an address that is reachable from here, or make ` +
        `${partsOf(address).host} known and its port open on this machine.`,
    };
  }
  // The certificate may have the name in the settings, that of a load balancer, and not the broker's own.
  const fault = tls && (await handshakeFault(target, address, advertisedBy(nodeId)));
  const found = fault ?? (await requestFault(target, broker));
  return found && { message: `${advertised}. ${found.message}`, fix: found.fix };
}

/** Sidecars and load balancers take any connection: only a request shows whether a broker is behind it. */
function requestFault({ kafka, tls }: Target, { nodeId, address }: Broker): Promise<Fault | undefined> {
  return faultIn(kafka.reach(address), (thrown) => {
    if (isUnanswered(thrown)) return unanswered(address, advertisedBy(nodeId));
    const message = reasonOf(thrown);
    const { code, detail } = thrown instanceof KafkaError ? thrown : {};
    if (detail === 'tls-alert') return { message, fix: clientCertificateFix(tls) };
    const listener =
      `advertised.listeners of broker ${nodeId} to a listener that takes the same TLS and login as the one in ` +
      'settings.kafka.brokers, which let us in';
    const fix =
      code === 'AUTHENTICATION_FAILED'
        ? `Give broker ${nodeId} the same users and mechanisms as the others, or set ${listener}.`
        : `Set ${listener}.`;
    return { message, fix };
  });
}
