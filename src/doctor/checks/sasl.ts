import { KafkaError, reasonOf } from '../../vocabulary/errors.ts';
import type { Check } from '../check.ts';
import { eachBroker, those } from '../each-broker.ts';

/** Whether the brokers let us in, with the login of the settings or without one. */
export const sasl: Check = {
  name: 'sasl',
  needs: ['tls'],
  async examine({ brokers, network, kafka, login, unaskable }) {
    if (unaskable !== undefined) return unaskable;
    const connected = await those(brokers, (broker) => network.connect(broker));
    return eachBroker(
      connected,
      () => (login === undefined ? 'no login, and none is asked for' : `logged in with ${login}`),
      async (broker) => {
        try {
          await kafka.reach(broker);
          return undefined;
        } catch (thrown) {
          return { message: reasonOf(thrown), fix: fixFor(thrown, login) };
        }
      },
    );
  },
};

function fixFor(thrown: unknown, login: string | undefined): string {
  const { code, message } = thrown instanceof KafkaError ? thrown : { code: undefined, message: '' };
  if (code === 'CREDENTIALS_UNAVAILABLE') return 'Give this machine the credentials that the message names.';
  if (code === 'AUTHENTICATION_FAILED' && /mechanism/i.test(message) && !/invalid credentials/i.test(message))
    return 'Set settings.kafka.sasl.mechanism to one that the listener offers (sasl.enabled.mechanisms of the broker).';
  if (code === 'AUTHENTICATION_FAILED')
    return 'Correct the user or the secret in settings.kafka.sasl; the environment variable it comes from may be old.';
  return login === undefined
    ? 'Set settings.kafka.sasl: the listener hangs up on those who do not log in. Or take a listener without a login.'
    : 'Look at the log of the broker: it accepts the connection and then ends it.';
}
