import { KafkaError, reasonOf, type ErrorCode } from '../../../model/errors.ts';
import { inSettings } from '../address-fixes.ts';
import type { Check } from '../check.ts';
import { eachBroker, those, type Fault } from '../each-broker.ts';
import { fixUnforeseen } from '../finding.ts';
import { isSilence, unanswered } from '../unanswered.ts';
import { tlsFault } from './tls.ts';

/** Whether the brokers let us in, with the login of the settings or without one. */
export const sasl: Check = {
  name: 'sasl',
  needs: ['tls'],
  async examine(patient) {
    const { brokers, network, kafka, login, unaskable } = patient;
    if (unaskable !== undefined) return unaskable;
    const connected = await those(brokers, (broker) => network.connect(broker));
    const faults = await Promise.all(connected.map((broker) => tlsFault(patient, broker)));
    return eachBroker(
      connected.filter((_, index) => faults[index] === undefined),
      () => (login === undefined ? 'no login, and none is asked for' : `logged in with ${login}`),
      async (broker) => {
        try {
          await kafka.reach(broker);
          return undefined;
        } catch (thrown) {
          return faultOf(broker, thrown, login);
        }
      },
    );
  },
};

function faultOf(broker: string, thrown: unknown, login: string | undefined): Fault {
  const code = thrown instanceof KafkaError ? thrown.code : undefined;
  const message = reasonOf(thrown);
  if (isSilence(thrown)) return unanswered(broker, inSettings);
  return { message, fix: fixFor(code, message, login) ?? fixUnforeseen(thrown) };
}

function fixFor(code: ErrorCode | undefined, message: string, login: string | undefined): string | undefined {
  if (code === 'CREDENTIALS_UNAVAILABLE') return 'Give this machine the credentials that the message names.';
  if (code === 'AUTHENTICATION_FAILED' && /takes no login/.test(message))
    return 'The listener takes no login: take its SASL port in settings.kafka.brokers, or remove settings.kafka.sasl.';
  if (code === 'AUTHENTICATION_FAILED' && /mechanism/i.test(message) && !/invalid credentials/i.test(message))
    return 'Set settings.kafka.sasl.mechanism to one that the listener offers (sasl.enabled.mechanisms of the broker).';
  if (code === 'AUTHENTICATION_FAILED')
    return 'Correct the user or the secret in settings.kafka.sasl; the environment variable it comes from may be old.';
  if (!/hangs up/.test(message)) return undefined;
  return login === undefined
    ? 'Set settings.kafka.sasl: the listener hangs up on those who do not log in. Or take a listener without a login.'
    : 'Look at the log of the broker: it accepts the connection and then ends it.';
}
