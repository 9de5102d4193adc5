import { reasonOf } from '../../../model/errors.ts';
import type { Check } from '../check.ts';
import { eachBroker, those, type Fault } from '../each-broker.ts';

/** Whether somebody listens where the brokers should be. */
export const tcp: Check = {
  name: 'tcp',
  needs: ['dns'],
  async examine({ brokers, network }) {
    const known = await those(brokers, (broker) => network.resolve(broker));
    return eachBroker(
      known,
      (passed) => `${passed.join(', ')}: connected`,
      (broker) =>
        network.connect(broker).then(
          () => undefined,
          (thrown: unknown) => faultOf(broker, thrown),
        ),
    );
  },
};

function faultOf(broker: string, thrown: unknown): Fault {
  const reason = reasonOf(thrown);
  // Of several addresses one may be refused here, and another behind a firewall.
  if (/ECONNREFUSED/.test(reason) && !/ETIMEDOUT/.test(reason)) {
    return {
      message: `Nothing listens at ${broker} (ECONNREFUSED).`,
      fix: 'Correct the port in settings.kafka.brokers, or start the broker.',
    };
  }
  return {
    message: `No connection to ${broker}: ${reason}.`,
    fix: 'Open the way: firewall, security group, VPN. If the network is slow, raise settings.kafka.connectionTimeout.',
  };
}
