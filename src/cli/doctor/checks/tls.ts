import { KafkaError } from '../../../model/errors.ts';
import { inSettings } from '../address-fixes.ts';
import type { Check } from '../check.ts';
import { eachBroker, those, type Fault } from '../each-broker.ts';
import { warning, type Verdict } from '../finding.ts';
import { clientCertificateFix, dateOf, handshakeFault } from '../handshake-fault.ts';
import type { Patient } from '../patient.ts';

/** A certificate is replaced by people, who need days. */
const noticeDays = 14;
const day = 86_400_000;

/** Whether both sides agree on encryption, and the brokers' certificates hold: chain, name, date. */
export const tls: Check = {
  name: 'tls',
  needs: ['tcp'],
  async examine(patient) {
    const { brokers, network } = patient;
    const connected = await those(brokers, (broker) => network.connect(broker));
    if (patient.tls === undefined)
      return eachBroker(
        connected,
        () => 'off, and not asked for',
        (broker) => tlsFault(patient, broker),
      );
    const verdicts = await eachBroker(
      connected,
      (passed) => `${passed.join(', ')}: the certificate holds`,
      (broker) => tlsFault(patient, broker),
    );
    return [...verdicts, ...(await expiring(patient, connected))];
  },
};

/** What keeps TLS from a broker of the settings, or from doing without it. */
export async function tlsFault(patient: Patient, broker: string): Promise<Fault | undefined> {
  const fault = patient.tls && (await handshakeFault(patient, broker, inSettings));
  return fault ?? refusedBy(patient, broker);
}

/** What shows only when something is said: a TLS port, or one that wants a client's certificate. */
async function refusedBy({ kafka, tls }: Patient, broker: string): Promise<Fault | undefined> {
  const thrown: unknown = await kafka.reach(broker).then(
    () => undefined,
    (failure: unknown) => failure,
  );
  if (!(thrown instanceof KafkaError) || thrown.code !== 'TLS_FAILED') return undefined;
  const fix = /wants TLS/.test(thrown.message)
    ? 'Set settings.kafka.ssl to true (or to { "ca": "…" }), or take the plain port of the broker.'
    : clientCertificateFix(tls);
  return { message: thrown.message, fix };
}

async function expiring({ network }: Patient, brokers: readonly string[]): Promise<Verdict[]> {
  const verdicts = brokers.map(async (broker) => {
    const { refusal, certificate } = await network.handshake(broker);
    const days = Math.floor((Date.parse(certificate.valid_to) - Date.now()) / day);
    if (refusal !== undefined || days >= noticeDays) return [];
    const message = `The certificate of ${broker} expires on ${dateOf(certificate.valid_to)}, in ${days} days.`;
    return [warning(message, "Renew the broker's certificate before that day.")];
  });
  const settled = await Promise.allSettled(verdicts);
  return settled.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
}
