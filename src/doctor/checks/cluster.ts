import { reasonOf } from '../../vocabulary/errors.ts';
import type { Check } from '../check.ts';
import { failure, ok } from '../finding.ts';
import { partsOf } from '../../vocabulary/address.ts';
import type { Network } from '../network.ts';

/**
 * The cluster behind the brokers, and the classic trap: clients go on to the addresses that the brokers advertise, not to
 * those of the settings.
 */
export const cluster: Check = {
  name: 'cluster',
  needs: ['sasl'],
  async examine({ kafka, network }) {
    const { id, brokers } = await kafka.cluster();
    const reasons = await Promise.all(brokers.map(({ address }) => whyNot(network, address)));
    const failures = brokers.flatMap(({ nodeId, address }, index) => {
      const reason = reasons[index];
      if (reason === undefined) return [];
      return [
        failure(
          `Broker ${nodeId} tells clients to come to ${address}, which this machine cannot reach: ${reason}.`,
          `Set advertised.listeners of broker ${nodeId} to an address that is reachable from here, or make ` +
            `${partsOf(address).host} known and its port open on this machine.`,
        ),
      ];
    });
    if (failures.length > 0) return failures;
    const count = brokers.length === 1 ? '1 broker' : `${brokers.length} brokers`;
    return [ok(`${id ?? 'no name'}: ${count}, all reachable as advertised`)];
  },
};

async function whyNot(network: Network, address: string): Promise<string | undefined> {
  try {
    await network.resolve(address);
    await network.connect(address);
    return undefined;
  } catch (thrown) {
    return reasonOf(thrown);
  }
}
