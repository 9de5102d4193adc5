import { partsOf } from '../../../model/cluster.ts';
import { KafkaError, reasonOf } from '../../../model/errors.ts';
import {
  eachBroker,
  faultIn,
  inSettings,
  isUnanswered,
  thosePassing,
  unanswered,
  type Fault,
} from '../each-broker.ts';
import { fixUnforeseen, type Verdict } from '../report.ts';
import type { Target } from '../target.ts';
import { tlsFault } from './tls.ts';

/** Whether this machine knows the host names of the brokers. */
export function dns({ brokers, network }: Target): Promise<Verdict[]> {
  return eachBroker(
    brokers,
    (passed) => `${passed.map((broker) => partsOf(broker).host).join(', ')}: known`,
    (broker) =>
      faultIn(network.resolve(broker), (thrown) => {
        const { host } = partsOf(broker);
        return {
          message: `The host name "${host}" is unknown (${reasonOf(thrown)}).`,
          fix: `Correct it in settings.kafka.brokers, or teach it to DNS: "getent hosts ${host}" must answer on this machine.`,
        };
      }),
  );
}

/** Whether something listens at the addresses of the brokers. */
export async function tcp({ brokers, network }: Target): Promise<Verdict[]> {
  return eachBroker(
    await thosePassing(brokers, (broker) => network.resolve(broker)),
    (passed) => `${passed.join(', ')}: connected`,
    (broker) => faultIn(network.connect(broker), (thrown) => connectFault(broker, reasonOf(thrown))),
  );
}

function connectFault(broker: string, reason: string): Fault {
  // Of several addresses one may refuse, and another be behind a firewall.
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

/** Whether the brokers let us in, with the login of the settings or without one. */
export async function sasl(target: Target): Promise<Verdict[] | string> {
  const { brokers, network, kafka, login, unaskable } = target;
  if (unaskable !== undefined) return unaskable;
  const connected = await thosePassing(brokers, (broker) => network.connect(broker));
  const faults = await Promise.all(connected.map((broker) => tlsFault(target, broker)));
  return eachBroker(
    connected.filter((_, index) => faults[index] === undefined),
    () => (login === undefined ? 'no login, and none is asked for' : `logged in with ${loginText(login)}`),
    (broker) =>
      faultIn(kafka.reach(broker), (thrown) => {
        if (isUnanswered(thrown)) return unanswered(broker, inSettings);
        return { message: reasonOf(thrown), fix: loginFix(thrown, login) ?? fixUnforeseen(thrown) };
      }),
  );
}

function loginText({ mechanism, user }: NonNullable<Target['login']>): string {
  return user === undefined ? mechanism : `${mechanism} as "${user}"`;
}

function loginFix(thrown: unknown, login: Target['login']): string | undefined {
  if (!(thrown instanceof KafkaError)) return undefined;
  const { code, detail } = thrown;
  if (code === 'CREDENTIALS_UNAVAILABLE') return 'Give this machine the credentials that the message names.';
  if (detail === 'takes-no-login')
    return 'The listener takes no login: take its SASL port in settings.kafka.brokers, or remove settings.kafka.sasl.';
  if (detail === 'mechanism')
    return 'Set settings.kafka.sasl.mechanism to one that the listener offers (sasl.enabled.mechanisms of the broker).';
  if (code === 'AUTHENTICATION_FAILED')
    return 'Correct the user or the secret in settings.kafka.sasl; the environment variable it comes from may be old.';
  if (detail !== 'hung-up') return undefined;
  return login === undefined
    ? 'Set settings.kafka.sasl: the listener hangs up on those who do not log in. Or take a listener without a login.'
    : 'Look at the log of the broker: it accepts the connection and then ends it.';
}
