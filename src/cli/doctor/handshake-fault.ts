import { reasonOf, withoutOpenssl } from '../../model/errors.ts';
import type { AddressFixes } from './address-fixes.ts';
import type { Fault } from './each-broker.ts';
import type { Handshake } from './network.ts';
import type { Patient } from './patient.ts';
import { unanswered } from './unanswered.ts';

/** What keeps TLS from one address, and what to do. */
export async function handshakeFault(
  { network, tls }: Pick<Patient, 'network' | 'tls'>,
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
    const reason = reasonOf(thrown);
    if (/^no answer within/.test(reason)) return unanswered(broker, fixes);
    if (
      /WRONG_VERSION_NUMBER|wrong version number|PACKET_LENGTH|secure TLS connection|ECONNRESET/i.test(reason)
    ) {
      return {
        message: `${broker} does not speak TLS.`,
        fix: fixes.tlsPort,
      };
    }
    // Before TLS 1.3 the listener looks at it within the handshake.
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
  certificate: Handshake['certificate'],
  rename: string,
): Fault {
  const of = `The certificate of ${broker}`;
  // Said of any certificate of the chain, and we see the dates of the broker's own.
  if (refusal === 'CERT_HAS_EXPIRED' && Date.parse(certificate.valid_to) > Date.now()) {
    return {
      message: `${of} is valid until ${dateOf(certificate.valid_to)}, but that of an authority in its chain has expired.`,
      fix: `Renew the certificate of the authority where it stands: ${chainPlaces}.`,
    };
  }
  if (refusal === 'CERT_NOT_YET_VALID' && Date.parse(certificate.valid_from) < Date.now()) {
    return {
      message: `${of} is valid since ${dateOf(certificate.valid_from)}, but that of an authority in its chain is not valid yet.`,
      fix: `Check the clock of this machine. If it is right, replace the certificate of the authority where it stands: ${chainPlaces}.`,
    };
  }
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

/** What to do about an alert of a listener that looks at the client's certificate. */
export function clientCertificateFix(tls: Patient['tls']): string {
  const { cert, pfx } = tls?.reveal() ?? {};
  return cert === undefined && pfx === undefined
    ? 'Set settings.kafka.ssl.cert and key: the listener asks for a certificate of the client.'
    : "Renew or replace the client's certificate (settings.kafka.ssl.cert and key, or pfx): the listener refuses it, as " +
        'expired or as signed by an authority that is not in its ssl.truststore.';
}

/** As in 2026-01-31. */
export function dateOf(text: string): string {
  return new Date(text).toISOString().slice(0, 10);
}
