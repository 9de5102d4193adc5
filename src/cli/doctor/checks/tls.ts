import { KafkaError, reasonOf, withoutOpenssl } from '../../../model/errors.ts';
import {
  eachBroker,
  faultIn,
  inSettings,
  thosePassing,
  unanswered,
  type AddressFixes,
  type Fault,
} from '../each-broker.ts';
import { NoAnswer, type Handshake } from '../network.ts';
import { warning, type Verdict } from '../report.ts';
import type { Target } from '../target.ts';

/** A certificate is replaced by people, who need days. */
const noticeDays = 14;
const day = 86_400_000;

/** Whether both sides agree on encryption, and the brokers' certificates hold: chain, name, date. */
export async function tls(target: Target): Promise<Verdict[]> {
  const { brokers, network } = target;
  const connected = await thosePassing(brokers, (broker) => network.connect(broker));
  const verdicts = await eachBroker(
    connected,
    (passed) =>
      target.tls === undefined ? 'off, and not asked for' : `${passed.join(', ')}: the certificate holds`,
    (broker) => tlsFault(target, broker),
  );
  return target.tls === undefined ? verdicts : [...verdicts, ...(await expiring(target, connected))];
}

/** What keeps TLS from a broker of the settings, or from doing without it. */
export async function tlsFault(target: Target, broker: string): Promise<Fault | undefined> {
  const fault = target.tls && (await handshakeFault(target, broker, inSettings));
  return fault ?? requestFault(target, broker);
}

/** What shows only when something is sent: a TLS port, or one that wants a client's certificate. */
function requestFault({ kafka, tls }: Target, broker: string): Promise<Fault | undefined> {
  return faultIn(kafka.reach(broker), (thrown) => {
    if (!(thrown instanceof KafkaError) || thrown.code !== 'TLS_FAILED') return undefined;
    const fix =
      thrown.detail === 'wants-tls'
        ? 'Set settings.kafka.ssl to true (or to { "ca": "…" }), or take the plain port of the broker.'
        : clientCertificateFix(tls);
    return { message: thrown.message, fix };
  });
}

async function expiring({ network }: Target, brokers: readonly string[]): Promise<Verdict[]> {
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

/** What keeps TLS from one address, and what to do. */
export async function handshakeFault(
  { network, tls }: Pick<Target, 'network' | 'tls'>,
  broker: string,
  fixes: AddressFixes,
): Promise<Fault | undefined> {
  const trusting = tls?.reveal().rejectUnauthorized === false;
  try {
    const { refusal, certificate } = await network.handshake(broker);
    return refusal === undefined || trusting
      ? undefined
      : certificateFault(broker, refusal, certificate, fixes.name);
  } catch (thrown) {
    if (thrown instanceof NoAnswer) return unanswered(broker, fixes);
    const reason = reasonOf(thrown);
    if (
      /WRONG_VERSION_NUMBER|wrong version number|PACKET_LENGTH|secure TLS connection|ECONNRESET/i.test(reason)
    )
      return { message: `${broker} does not speak TLS.`, fix: fixes.tlsPort };
    // Before TLS 1.3 the listener looks at the client's certificate within the handshake.
    const certificateRefused = /alert .{0,200}?certificate/i.test(reason);
    return {
      message: `TLS to ${broker} failed: ${withoutOpenssl(reason)}.`,
      fix: certificateRefused
        ? clientCertificateFix(tls)
        : 'Compare settings.kafka.ssl with what the listener wants (ssl.client.auth, ssl.enabled.protocols of the broker).',
    };
  }
}

function certificateFault(
  broker: string,
  refusal: string,
  { valid_from: from, valid_to: to, subjectaltname }: Handshake['certificate'],
  rename: string,
): Fault {
  const of = `The certificate of ${broker}`;
  // Node says so of any certificate of the chain, and gives the dates of the broker's own.
  if (refusal === 'CERT_HAS_EXPIRED' && Date.parse(to) > Date.now()) {
    return {
      message: `${of} is valid until ${dateOf(to)}, but that of an authority in its chain has expired.`,
      fix: `Renew the certificate of the authority where it stands: ${chainPlaces}.`,
    };
  }
  if (refusal === 'CERT_NOT_YET_VALID' && Date.parse(from) < Date.now()) {
    return {
      message: `${of} is valid since ${dateOf(from)}, but that of an authority in its chain is not valid yet.`,
      fix: `Check the clock of this machine. If it is right, replace the certificate of the authority where it stands: ${chainPlaces}.`,
    };
  }
  if (refusal === 'CERT_HAS_EXPIRED') {
    return {
      message: `${of} expired on ${dateOf(to)}.`,
      fix: "Renew the broker's certificate (ssl.keystore of the listener) and load it; nothing in flow.json mends this.",
    };
  }
  if (refusal === 'CERT_NOT_YET_VALID') {
    return {
      message: `${of} is valid only from ${dateOf(from)} on.`,
      fix: 'Check the clock of this machine, or wait for the certificate.',
    };
  }
  if (/altnames|ERR_TLS_CERT_ALTNAME_INVALID/.test(refusal)) {
    return {
      message: `${of} is for ${subjectaltname ?? 'another name'}, not for this host.`,
      fix: `${rename}, or set settings.kafka.ssl.servername to one.`,
    };
  }
  return {
    message: `${of} is signed by an authority that is not trusted here (${refusal}).`,
    fix: 'Set settings.kafka.ssl.ca to the certificate of the authority that signed it (PEM as text).',
  };
}

const chainPlaces =
  'in settings.kafka.ssl.ca, or in the chain that the broker sends (ssl.keystore of the listener)';

/** What to do about a TLS alert of a listener that looks at the client's certificate. */
export function clientCertificateFix(tls: Target['tls']): string {
  const { cert, pfx } = tls?.reveal() ?? {};
  return cert === undefined && pfx === undefined
    ? 'Set settings.kafka.ssl.cert and key: the listener asks for a certificate of the client.'
    : "Renew or replace the client's certificate (settings.kafka.ssl.cert and key, or pfx): the listener refuses it, as " +
        'expired or as signed by an authority that is not in its ssl.truststore.';
}

/** Such as 2026-01-31. */
function dateOf(text: string): string {
  return new Date(text).toISOString().slice(0, 10);
}
