import { reasonOf } from '../../../model/errors.ts';
import type { Check } from '../check.ts';
import { eachBroker } from '../each-broker.ts';
import { partsOf } from '../../../model/address.ts';

/** Whether the host names of the brokers are known on this machine. */
export const dns: Check = {
  name: 'dns',
  needs: ['settings'],
  examine({ brokers, network }) {
    return eachBroker(
      brokers,
      (passed) => `${passed.map((broker) => partsOf(broker).host).join(', ')}: known`,
      async (broker) => {
        try {
          await network.resolve(broker);
          return undefined;
        } catch (thrown) {
          const { host } = partsOf(broker);
          return {
            message: `The host name "${host}" is unknown (${reasonOf(thrown)}).`,
            fix: `Correct it in settings.kafka.brokers, or teach it to DNS: "getent hosts ${host}" must answer on this machine.`,
          };
        }
      },
    );
  },
};
