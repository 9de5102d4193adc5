import { KafkaError, reasonOf } from '../../vocabulary/errors.ts';
import type { Check } from '../check.ts';
import { eachBroker, those, type Fault } from '../each-broker.ts';
import { warning, type Verdict } from '../finding.ts';
import type { Handshake } from '../network.ts';
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
        (broker) => refusedBy(patient, broker),
      );
    const verdicts = await eachBroker(
      connected,
      (passed) => `${passed.join(', ')}: the certificate holds`,
      async (broker) => (await handshakeFault(patient, broker)) ?? refusedBy(patient, broker),
    );
    return [...verdicts, ...(await expiring(patient, connected))];
  },
};

async function handshakeFault({ network, tls }: Patient, broker: string): Promise<Fault | undefined> {
  const trusting = tls?.reveal().rejectUnauthorized === false;
  try {
    const { refusal, certificate } = await network.handshake(broker);
    return refusal === undefined || trusting ? undefined : certificateFault(broker, refusal, certificate);
  } catch (thrown) {
    const reason = reasonOf(thrown);
    if (
      /WRONG_VERSION_NUMBER|wrong version number|PACKET_LENGTH|secure TLS connection|ECONNRESET/i.test(reason)
    ) {
      return {
        message: `${broker} does not speak TLS.`,
        fix: 'Take the TLS port of the broker in settings.kafka.brokers, or remove settings.kafka.ssl.',
      };
    }
    return {
      message: `TLS to ${broker} failed: ${reason}.`,
      fix: 'Compare settings.kafka.ssl with what the listener wants (ssl.client.auth, ssl.enabled.protocols of the broker).',
    };
  }
}

function certificateFault(broker: string, refusal: string, certificate: Handshake['certificate']): Fault {
  const of = `The certificate of ${broker}`;
  if (refusal === 'CERT_HAS_EXPIRED') {
    return {
      message: `${of} expired on ${dateOf(certificate.valid_to)}.`,
      fix: "Renew the broker's certificate (ssl.keystore of the listener) and load it; nothing in flow.json mends this.",
    };
  }
  if (refusal === 'CERT_NOT_YET_VALID') {
    return {
      message: `${of} is valid only from ${dateOf(certificate.valid_from)} on.`,
      fix: 'Check the clock of this machine, or wait for the certificate.',
    };
  }
  if (/altnames|ERR_TLS_CERT_ALTNAME_INVALID/.test(refusal)) {
    return {
      message: `${of} is for ${certificate.subjectaltname ?? 'another name'}, not for this host.`,
      fix: 'Write in settings.kafka.brokers a name that the certificate has, or set settings.kafka.ssl.servername to one.',
    };
  }
  return {
    message: `${of} is signed by an authority that is not trusted here (${refusal}).`,
    fix: 'Set settings.kafka.ssl.ca to the certificate of the authority that signed it (PEM as text).',
  };
}

/** What shows only when something is said: a TLS port, or one that wants a client's certificate. */
async function refusedBy({ kafka }: Patient, broker: string): Promise<Fault | undefined> {
  const thrown: unknown = await kafka.reach(broker).then(
    () => undefined,
    (failure: unknown) => failure,
  );
  if (!(thrown instanceof KafkaError) || thrown.code !== 'TLS_FAILED') return undefined;
  const fix = /wants TLS/.test(thrown.message)
    ? 'Set settings.kafka.ssl to true (or to { "ca": "…" }), or take the plain port of the broker.'
    : 'Set settings.kafka.ssl.cert and key: the listener asks for a certificate of the client.';
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

function dateOf(text: string): string {
  return new Date(text).toISOString().slice(0, 10);
}
